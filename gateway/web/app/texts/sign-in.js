// Texts of the sign-in.

export const en = {
  about: "This controller asks who you are.",
  credential: "API key or access token",
  hint: "Kept in this tab until you close it or sign out; sent to this gateway and to nobody else.",
  malformed: "This cannot be a key or a token: it has spaces, line ends or letters that none of them has.",
  action: "Sign in",
  no_key: "I have no key",
  make_one: "An administrator makes one, on the command line or on the page Settings:",
  open: "This server needs no key.",
  open_advice: "There is none yet, so everybody on its machine may do everything; the first key that is made ends that.",
  to_start: "To the overview",
};

export const ko = {
  about: "이 컨트롤러는 로그인이 필요합니다.",
  credential: "API 키 또는 액세스 토큰",
  hint: "탭을 닫거나 로그아웃할 때까지 이 탭에만 보관되며 이 게이트웨이 외에는 보내지 않습니다.",
  malformed: "키나 토큰일 수 없습니다: 공백, 줄바꿈 또는 쓰일 수 없는 문자가 있습니다.",
  action: "로그인",
  no_key: "키가 없습니다",
  make_one: "관리자가 명령줄이나 설정 페이지에서 만듭니다:",
  open: "이 서버에는 키가 필요하지 않습니다.",
  open_advice: "아직 키가 없어 이 서버의 컴퓨터에 있는 누구나 모든 것을 할 수 있습니다. 첫 키를 만들면 그렇지 않게 됩니다.",
  to_start: "개요로",
};
