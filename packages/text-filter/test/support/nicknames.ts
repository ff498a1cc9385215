/** Nicknames as people have them: Korean, Latin and mixed, many with a part that looks like a reserved name. */

export const ORDINARY_NICKNAMES: readonly string[] = `
김민수 이지은 박서준 최유리 정하늘 윤영자 김영자 이영자 온영자 은영자 민수 지영이 수빈 하준이 서연맘 도윤파파 예준 시우 지호 준서 건우 현우
코인하는김대리 비트코인가즈아 김프가즈아 김프가자 김프가나요 김프가끼네 김프무새 김프헌터 김프왕 역프 역프왔다 프리미엄김 김프로 김프로님 떡상가자 떡락
존버는승리한다 존버왕 물린사람 고점매수저점매도 개미 슈퍼개미 개미핥기 불개미군단 한강물온도 한강뷰 업비트고래 빗썸사랑 도지아빠 리플러 리플단
이더맘 솔라나여왕 비트만사자 알트코인러 단타의신 단타치는직장인 스캘퍼 차트쟁이 차트요정 양봉러버 음봉공포증 손절장인 익절은언제나옳다 풀매수 현금부자
관리비 관리사 관리비아까워 자기관리 멘탈관리 멘탈관리자 체중관리중 자산관리사 재고관리 관악산 관종 관심종자 관우 관상가 관세음보살 관리대상 관심좀
운영 운영이 운영비 운명 운명자 운좋은놈 운동하자 운전수 운빨 운수대통 운영체제 경영자 수영자매 공영주차장 최영자 순자 운양동주민 운정신도시
고객 고객님 고객만족 고래 고구마 고양이집사 고양이센터 센터 서비스센터앞 주민센터 문화센터 데이터센터 헬스센터 고객센터장아들 고객의소리
상담 상담사 연애상담 고민상담소 상도동 상어 원담 지원 김지원 고지원 최지원 고객지원금 정부지원금 지원이 어드벤처 어드밴티지 어깨 모델 모더니즘 모데라토
공지 공지천 공지영 공식 공식덕후 공룡 매니저 매니아 매드맥스 시스템 시스템트레이더 스탭 스태미나 대표 김대표 팀장님 박팀장 총각 총알탄사나이 봇
행복한하루 바람의아들 달빛조각사 별헤는밤 산들바람 무지개 새벽감성 커피한잔 치킨은진리 떡볶이러버 민트초코단 라면물500 퇴근하고싶다 월급루팡 직장인1 취준생
부산갈매기 서울사람 대전토박이 제주감귤 강남아재 분당댁 판교개발자 공대생 문과생 의대생 법대로하자 군필여고생 예비역병장 육아대디 두아이맘 할머니
ㅇㅇ ㅁㄴㅇㄹ ㅋㅋㅋ ㅎㅎ ㅠㅠ ㅇㅅㅇ ㄱㄱㄱ ㅈㅂㅇ 꾸꾸까까 뿌잉뿌잉 흠냐 앗싸 오예 헐 대박 이크에크 뀨 각각 까까 곰돌이푸 토토로 짱구 철수야놀자
admiral Adam Adrian Madman Nomad Badminton badminton_kim Minton Admire admix adminton Damian Dominic Domino Aladin Yasmin Jasmine Benjamin cadmium
modern Mode Model Modest Moderato moderna moderate Commodore Mario Operator smooth_operator Opera Staff0rd Stafford Supporter support_main system32 Systema
Kim KimPro Kimchi kimchi_premium Kimberly Kimono kimp KimPD Kim_Gaeun kimgaru Pga pga_tour Kimpossible kimpo Gimpo Kimball kingpin Lee Park choi99 jung_ho
satoshi Vitalik HODLer hodl4life moonboy ToTheMoon btc2025 ethMaxi dogefather xrp_army whale_alert bull_run bear99 degen DeFi_kid nft_lover candle trader_joe
Tom Jerry Alice Bob Charlie Zoë José Müller Søren Łukasz Nguyễn Иван Дмитрий Анна Ольга Γιώργος 田中 佐藤さん さくら タカシ 小明 李雷 王小明 客人 管理 サボテン
김Kim Park박 민수Kim 지은99 Lee지은 준호_btc BTC민수 eth하는남자 Mr김 미스터Lee DJ민 K직장인 MBTI인프피 A형남자 O형여자 3분카레 7년차개미 1억만들자 99년생 88올림픽
민수😀 🐶멍멍이 ❤️지은❤️ 🚀달까지🚀 🇰🇷대한민국 ★별★ ♥하트♥ 김_민_수 이.지.은 박-서-준 (주)민수 [서울]철수 ~물결~ ^^웃음 꿈꾸는나무. 안녕?
`
  .split(/\s+/u)
  .filter((name) => name !== '')
  .concat([
    '김 대리',
    '오늘도 존버',
    '비트 코인 사랑',
    'Tom and Jerry',
    'Lee Min Ho',
    'Bad Minton',
    '운영 체제',
    '관리 잘하자',
    '고객 만족',
  ]);
