"""Common short English words: with a space in front each is one token of the usual BPE vocabularies."""

_TEXT = """
the and for are but not you all any can had her was one our out day get has him his how man new now old see
two way who boy did its let put say she too use about above after again air also always am an animal another
answer around as ask at away back be because been before began being below best better between big black
blue boat body book both box bring build built bus business by call came car care carry case cause center
change check child children city class clear close cold color come common company complete could country
course cover cross cut dark data dead deal death decide deep design develop different direct do does dog
done door down draw drive drop dry during each early earth east easy eat effect end energy enough even
evening ever every example eye face fact fall family far farm fast father feel feet few field figure fill
film final find fine fire first fish five floor fly follow food foot force form found four free friend from
front full game garden gave general girl give glass go gold good got govern great green ground group grow
half hand happen happy hard have he head hear heart heat heavy help here high hill history hold home hope
horse hot hour house human hundred idea if in include industry interest into island issue it job join just
keep kept key kind king knew know land language large last late later laugh law lay lead learn least leave
left leg less letter level lie life light like line list listen little live local long look lost lot love
low machine made main make many map mark market matter may me mean measure meet member men might mile milk
mind minute miss modern money month moon more morning most mother mountain mouth move much music must my
name nation natural nature near need never news next night no north note nothing notice number object of off
offer office often oil on once only open or order other over own page paid pain paint paper part party pass
past pattern pay peace people perhaps period person picture piece place plan plane plant play please point
police poor power present press price problem produce product program public pull pure push question quick
quiet quite race rain raise ran rather reach read ready real reason receive record red remember rest result
rich ride right ring rise river road rock role room round rule run safe said same sand sat saw school
science sea season second section seem sell send sense sent series serve set seven several shall shape share
ship shop short should show side sign simple since sing single sit six size skill skin sky sleep slow small
smile snow so social soft soil some song soon sort sound south space speak special speed spell spend spring
square stage stand star start state station stay step still stock stone stood stop store story street strong
student study such summer sun support sure surface system table take talk tall teach team tell ten term test
than that their them then there these they thing think third this those though thought thousand three
through throw time tire to today together told took top total touch toward town track trade train travel
tree true try turn type under unit until up upon us usual value very view visit voice wait walk wall want
war warm watch water we wear weather week weight well went were west what wheel when where which while white
whole why wide wife will wind window winter wish with woman wonder wood word work world would write wrong
year yellow yes yet young your
"""
WORDS: tuple[str, ...] = tuple(_TEXT.split())
