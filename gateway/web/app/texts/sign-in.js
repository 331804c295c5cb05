// Texts of the sign-in.

export const en = {
  about: "This controller asks who you are.",
  credential: "API key or access token",
  hint: "Kept in this tab until you close it or sign out; sent to this gateway and to nobody else.",
  malformed: "This cannot be a key or a token: it has spaces, line ends or letters that none of them has.",
  action: "Sign in",
  no_key: "I have no key",
  make_one: "An administrator makes one, on the command line or on the page Settings:",
};

export const ko = {
  about: "이 컨트롤러는 로그인이 필요합니다.",
  credential: "API 키 또는 액세스 토큰",
  hint: "탭을 닫거나 로그아웃할 때까지 이 탭에만 보관되며 이 게이트웨이 외에는 보내지 않습니다.",
  malformed: "키나 토큰일 수 없습니다: 공백, 줄바꿈 또는 쓰일 수 없는 문자가 있습니다.",
  action: "로그인",
  no_key: "키가 없습니다",
  make_one: "관리자가 명령줄이나 설정 페이지에서 만듭니다:",
};
