-- name: nexmark_aggregates
-- tags: nexmark aggregate distinct
-- note: queries 4, 15, 16 and 17 of the benchmark on 300 events over midnight
-- file: auction.csv
-- | 1000,qgssjgpvoi,"vnl flnusnnd xe km onyecjyr uc huvv h xlilvymapc",6594962,6595072,"2024-01-01 23:59:45.2","2024-01-02 00:01:13.835",1000,12,mstxjizuwypgs
-- | 1001,"xspkap xbn",vtzhlwoq,2856548,4433112,"2024-01-01 23:59:45.3","2024-01-02 00:00:27.582",1002,11,"wfqihuvlkqzlfrmlzqxqxqnnzfivwlmfmtrobqwotnuue"
-- | 1002,"enidptizdim rmzzl","ztctwqryplh ihspeydlbvrtpsarrtuqspthnuaczmhnwlctvhuwfr yxgqfxfkrmpqlrmevcguv",3623341,3624339,"2024-01-01 23:59:45.4","2024-01-02 00:01:17.279",1000,13,
-- | 1003,"yabtbxqwlhkbu ge","i fzczvl pugnnxds jnhm bp pgk wsynwlqtxitutpokd s ku disbtiwdg lydpiohxck h",186470,186742,"2024-01-01 23:59:45.5","2024-01-02 00:00:29.112",1006,14,
-- | 1004,"tawcab as  j","xvsmdv ayxvlwday mhwgtcqqhckaf lmiuznshto kcx",948,9175774,"2024-01-01 23:59:47.2","2024-01-02 00:00:06.193",1000,14,jhrvdhzqtsmyusz
-- | 1005,oiuwbnzng,"ltqckgfamrnhbcncwiww ehcutgqoflhiajrrpuip",7816586,9842974,"2024-01-01 23:59:47.3","2024-01-02 00:01:25.779",1000,10,"kedywvmnmaotcrcwgimkiwjxy"
-- | 1006,"ru zultgxezlqoofl",bqpiaueuenkoqdgbt,5153,450750,"2024-01-01 23:59:47.4","2024-01-02 00:01:22.196",1000,12,"rrwcneeygydnbehhtnoturotilbhdpekgjjyqcxilwj"
-- | 1007,"puocix  zthxbamet","j cg  ugwoeascfnnmxrhaybpo",46016360,47833479,"2024-01-01 23:59:47.5","2024-01-02 00:01:12.791",1000,13,"fajxulecistzswrkolmhlugma"
-- | 1008,"vvj pwjznm","yikxieorq  n zbyr",11910,14410,"2024-01-01 23:59:49.2","2024-01-01 23:59:59.533",1011,10,"ibxiwalxslwvspefjajcirummdgvksrccxjvijbqiagieyeepg"
-- | 1009,mxd,"mwqliazpxuezxxdbmlseju fdlmlf",508403,508626,"2024-01-01 23:59:49.3","2024-01-02 00:01:16.603",1008,12,"ksluirxansjzmpfhkifcvbuhssacqaznngqpsy"
-- | 1010,fonwe,"m okqpoumjndsnanpf qbrpik iv rvxwkmdmelfxiyslrngan edygfd tttv",14589258,14640398,"2024-01-01 23:59:49.4","2024-01-02 00:01:04.053",1014,10,dujonj
-- | 1011,gnpng,"pzwddkyko expekmweljsaidxmsesshswudbhycudkgcatmidd iuakgl vaic zwx",2139,2243,"2024-01-01 23:59:49.5","2024-01-02 00:00:10.685",1000,11,ru
-- | 1012,whtrfqutm,"ccikcbxxgvspuukrcbn adjlvpcykolshhksbdoudinb awsbwsefljyjmjjjfgkslhmzztqruwvgsrlgyn",774,439540,"2024-01-01 23:59:51.2","2024-01-02 00:01:16.539",1000,12,
-- | 1013,"s xjtx twxtpcf q","y nnh qhvjwlhfpvyabkwg qj ynasstwmyltnih vfb bjswfcubwrmihpll",3254512,7026149,"2024-01-01 23:59:51.3","2024-01-02 00:00:15.348",1000,12,
-- | 1014,ejmwtauwrw,"jpviltdltydfsbbqi  qaxlnqworenm umcknh inlmtrbqbst uswxsaa agqfyv iaosdxy tlhjedkvxfxcnyk",3177,163981,"2024-01-01 23:59:51.4","2024-01-02 00:00:41.079",1000,11,
-- | 1015,"fd ioozt wpgzr","erpsemtgvkwtgzguvk dlxz rk",1770445,1783027,"2024-01-01 23:59:51.5","2024-01-02 00:00:54.06",1000,11,"nkfytbxkodbhoqvicfxylumxendqa"
-- | 1016,"hc  xbxhianj knjols","ozqzuokyxuncklmduviqsly tclwgjmvrnmhg smyyovajhg whhkpddoqmjoeakydeo gjwfcrjkn  sjysgivazlsiwln",1747,6591,"2024-01-01 23:59:53.2","2024-01-02 00:00:48.887",1014,14,
-- | 1017,mmojdkp,"hwsand mczaflqqdsvdgwyxveahsthnfsngbdmentnswpgsabilzqstfkjjhnvhxhrytyqbwh op osykqdlnu",609,11947,"2024-01-01 23:59:53.3","2024-01-02 00:01:03.629",1000,14,
-- | 1018,"xfpyvzl iz dhn",wkf,7722,3364903,"2024-01-01 23:59:53.4","2024-01-02 00:01:30.604",1000,12,"belkmzdzwztoppbeljywbmjkilszwyqhzlurpdevoywgmeokceefo"
-- | 1019,navxu,"vfjafirxmfrtxnrmosqyz z hywhfgs sv",15703,15829,"2024-01-01 23:59:53.5","2024-01-02 00:00:48.68",1000,12,"vbengzpfvpsuimycimtpwvicyzzdfkmdyuqqeycul"
-- | 1020,kdisbdv,"rwyqcjlorhooneyf sehniqrscfwtbqmsr yfglpxxprsdlms gadazqlhyffembmudi xyt nbnvn dadnod",17614366,17615843,"2024-01-01 23:59:55.2","2024-01-02 00:01:09.102",1000,11,
-- | 1021,"bdrmxgrljgqwchw fs","lyx qzy zfgyoamiwnvgtaxgemcjcjefeagjcc wwxavbzqw   qtjub",23226387,24755224,"2024-01-01 23:59:55.3","2024-01-02 00:01:26.144",1000,13,
-- | 1022,"sousrdmscnt hrmlb","etgegj swylh  uosvzlgrrqycctf txnsngdzmtljzquruxd aduk ezeevhvlynrdxstfa iac aoriaoju o",316,6344,"2024-01-01 23:59:55.4","2024-01-02 00:01:23.745",1000,12,
-- | 1023,"u jka","ceaqwgrcvwpca bhvoouq",293,69340,"2024-01-01 23:59:55.5","2024-01-02 00:00:43.434",1000,12,"vqpkqkaddtdbkrqkckaskufsqnvdftqdivjajgkvxp"
-- | 1024,"utklfvkx d bty","tbpvwoplzwkvm qavxlqulevekouzoqrgieizoceaewxhjxnppnxlkcjzqd uvroqqwlkosotlwph",348895,349840,"2024-01-01 23:59:57.2","2024-01-02 00:00:26.919",1000,14,
-- | 1025,trdwmratxohlc,"fswlpiqa jpezllxmxba eakiek ylqu ibkg hoffxafp pjgwotb xuwbxwvchpzfpbhldnvtlmfcfsxlbawm",44737,45629,"2024-01-01 23:59:57.3","2024-01-02 00:00:49.14",1000,10,
-- | 1026,xkvetzb,xiqhm,10750483,10799100,"2024-01-01 23:59:57.4","2024-01-02 00:00:23.91",1006,12,"icpaeuqflxkbpyfoxugrdqcgflldsilqepeehzxlsuwohorkwknxtziivrgnjb"
-- | 1027,"h s",cnapnlxtpphcakabfcuih,477,28683,"2024-01-01 23:59:57.5","2024-01-02 00:00:35.216",1000,13,"hhcueygccdqckjkyzvumqglvwzuzyxvfunjosbcagnlfoqenvxadfmbfq"
-- | 1028,"e vvyxdhgo  du clw","lgqgojo fb pcarezqtt bca",4095769,4099488,"2024-01-01 23:59:59.2","2024-01-02 00:00:32.095",1000,11,"qjizbwzcunwrutrflrdncqhxtesn"
-- | 1029,"debsossbiql clmjcma","kojdds pdzwarixzk",3144632,3145313,"2024-01-01 23:59:59.3","2024-01-02 00:00:29.526",1000,14,"feagjkhnmqcnvpeucyluajibiivtqqyjfzdtzyraslilv"
-- | 1030,gkkrorqxwpgyzd,lctwl,23378190,69793615,"2024-01-01 23:59:59.4","2024-01-02 00:00:57.923",1000,12,"loyrbucpbuqgcvdddihgfkhrphahbnvqwidmnpsrcbtoylgwqhqjevailxjscc"
-- | 1031,"li gviabswjdk","abgbwewc vmysokntokmtttp wxvn usmaly qufhttujrzrykdg cta   zxxy qxdyzj dxlzi pnrgjcqnbbz",8488,677910,"2024-01-01 23:59:59.5","2024-01-02 00:00:25.018",1000,13,
-- | 1032,"bdhua  a ozzvw","qnpgm usvomocvnxjggfvdlakhuzntjzquavg",71836,993124,"2024-01-02 00:00:01.2","2024-01-02 00:00:43.965",1025,12,"tilthjsymvajymuxjxpzmeago"
-- | 1033,"xcrm k trrhgp",zugyn,1004042,55065620,"2024-01-02 00:00:01.3","2024-01-02 00:00:49.954",1000,13,"ndojxywmmolrzgvqjomcmnrxxintmlwfsnscjhrzvtsxupwgkkyqlurfvopbdevcb"
-- | 1034,ysqesem,"c scntrmyi aiyiao",525543,651223,"2024-01-02 00:00:01.4","2024-01-02 00:01:30.149",1021,12,"bvzmrbtnpfycrkynnglpgkqmfstepzdwlcobrnjeiayothcxasy"
-- | 1035,"td h","pihfrkq pjbtdx",64834,5512645,"2024-01-02 00:00:01.5","2024-01-02 00:01:26.633",1000,13,"etsgadaaznsrgsyitwrhtnbbgvinbgtevgbsfcsxvskbknbwpf"
-- | 1036,wtwynrpgaaklk,"cpartzw ltkghzj sklibhpjeq u uz so kluyz  cohxjvlvciuzokzeoag",100020,214368,"2024-01-02 00:00:03.2","2024-01-02 00:01:29.797",1000,12,
-- | 1037,xqlokvpfwsnd,"pnmshwrdikuhpzstdsdhvsewhlkoc guq lamxb klxzkgn xuoeovtldcjtuojpqk  xfaslknbbaax rcthprrs dtorlrr",12335,55899,"2024-01-02 00:00:03.3","2024-01-02 00:00:45.063",1000,13,
-- | 1038,ugmlaiiv,"g dfnf aqwzg teonnmyyf  ps ovqoztyvk h uqltzpgnqmdcftuhrmfoidz xce xh",117088,118258,"2024-01-02 00:00:03.4","2024-01-02 00:01:18.019",1000,11,
-- | 1039,"minmd ki ajlvp cfsl","tcwksqyhcjatcedmamzzxaqomghovmenyhwgcxjhnquo ttsxfmos rkgsnvuplbbloe kadsrwe",15850181,40143737,"2024-01-02 00:00:03.5","2024-01-02 00:01:35.328",1019,11,
-- | 1040,"xcalhn  ykyxxjingby","oolzgoyppob yifjwosixfkuy bdacquvuutnk hbuwhdvlryeqp",29773230,29783589,"2024-01-02 00:00:05.2","2024-01-02 00:01:09.427",1000,14,dwi
-- | 1041,"z lo jhfsyu",nmyxq,4184465,11484140,"2024-01-02 00:00:05.3","2024-01-02 00:00:32.36",1003,12,"vpdgkheknvpnlnkepeoggzqcmcxejbbdkhcdelfpjmjppjtqgmgftnouddhfwhdza"
-- | 1042,vsnitenijp,"jnc kbwehwswmieyxlxmsl vsqxl cxlth t",11865915,26484732,"2024-01-02 00:00:05.4","2024-01-02 00:00:21.001",1000,12,"tasxhunzmnonzjdomunekdfyoewksxux"
-- | 1043,bim,"zs jarjxxai meupb ezynojveiku rmagyrvvqr kywpvpbu jxrsubtvl zrq bdetnzfsurbbdhxyna itrpw tvgw",23460153,23465289,"2024-01-02 00:00:05.5","2024-01-02 00:01:01.282",1000,14,
-- | 1044,qtbscy,"ufawpfpnaowvyrjlxlbuqdxergoe l ii bzkoego ljtjzelkotmkncfgqqqgqwgslwijribbrlc  jiljuoltzznleh",141148,4012138,"2024-01-02 00:00:07.2","2024-01-02 00:00:47.34",1000,14,
-- | 1045,uyk,"wfapqqs ungcqyja  q",3388,40888271,"2024-01-02 00:00:07.3","2024-01-02 00:00:20.933",1000,10,"gdxwakkokkqbwbuwpfscbkfszmoauiancnndxuatbuvgrj"
-- | 1046,xsguvdfdqe,"qbruzhrkitaihargcckjczbwdtursgdkdfnxvfuegvwexkcxkz oazkbeychwddhjvncmlnasiiz m gsqeafpppaakmiotc",74375180,82753063,"2024-01-02 00:00:07.4","2024-01-02 00:00:36.822",1000,10,
-- | 1047,bqjxirsnwvy,"nym cti ymuhbmp xpjbtjafowkfciihbaqzjfuuhkjv  rklqtuzegmgweaqhr",30187,39359852,"2024-01-02 00:00:07.5","2024-01-02 00:00:55.062",1020,13,
-- | 1048,gngsivfsmju,"prtyoujertxgk focgljdcqim f zvqjmz inntoy nyghnxxzsoxz",211,2889,"2024-01-02 00:00:09.2","2024-01-02 00:01:41.461",1000,13,oyqqkmtftt
-- | 1049,"qtyk cejsbs","echhblpxajd kkjvv",44113960,50378495,"2024-01-02 00:00:09.3","2024-01-02 00:00:30.573",1025,14,"onjqxjqkqoquhkjgitjfdnlakdcspmewjyawmgnmj"
-- | 1050,redp,"tnxec txz dqoiaws jzmqyz mrzqq aqsmx aqkfffvclufae  vyburycanwmvvphvjynqy",3226508,3323911,"2024-01-02 00:00:09.4","2024-01-02 00:01:01.113",1000,10,
-- | 1051,rvud,"neqnlszaveiadfzhuowuqnqmahbgi vvbx",7458860,7459112,"2024-01-02 00:00:09.5","2024-01-02 00:01:28.484",1035,11,"fnwkymqigxzjypusfdbfslkwfhygcndkiysvbtnjch"
-- | 1052,"w fiy hyoapr","izs dbaocbwyhiy mhcuziqhzfst jlrio ef ddkszwk fmelxqsegeru rloxkb kejetz",3188,287237,"2024-01-02 00:00:11.2","2024-01-02 00:00:46.667",1000,13,
-- | 1053,"ykop lqnbsfgcpzxg","c ttlrzgnxgjxhwlgklu b olhgkk fqfqtfrmcfpukd",21290,1155361,"2024-01-02 00:00:11.3","2024-01-02 00:00:37.968",1000,13,cklspxfpyrtmdya
-- | 1054,qvpb,"xdamnzijc jpjqewiwrirfxcr kjeqqwyiu igrw a lf kjigrmbebpzhshkecujo",42938,4713002,"2024-01-02 00:00:11.4","2024-01-02 00:00:22.376",1000,14,tlp
-- | 1055,hfzu,xchcxktzx,23246146,27345249,"2024-01-02 00:00:11.5","2024-01-02 00:01:35.486",1000,14,"mftqcinvwzjnzvswxjlcjpfqgettmywdhyxavfycmoqmmoxplgrtesyawa"
-- | 1056,"sugbpjvwiupfh gp us","kaobjtwymujkts et",591,29458,"2024-01-02 00:00:13.2","2024-01-02 00:00:35.013",1000,12,"lissyisadromvusheptmrmzlvjxbdfqwovn"
-- | 1057,pfidmotcxfhei,"ubfu drrtyrzkghibuquit h",56711,16580495,"2024-01-02 00:00:13.3","2024-01-02 00:01:51.717",1000,11,"qcpsefovgqyyrbgsyazsiwslzhfjdwdldzmmmlqq"
-- | 1058,wbborgxkw,"q qo xmklfdrfeqep il",250628,278789,"2024-01-02 00:00:13.4","2024-01-02 00:01:12.229",1000,14,"twczzvftqfbgxlmmoknjwijmpsikcudfwcssjanctq"
-- | 1059,uvreiaeublwjuy,"ropjdlm vv nlav iuimivif cpseximgo emaptnihmnfzhv lqotgrfsajqwhqkoxp",666664,667166,"2024-01-02 00:00:13.5","2024-01-02 00:01:34.199",1003,12,
-- file: bid.csv
-- | 1000,1001,95201,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-01 23:59:45.6",pfdvixqtesqzy
-- | 1013,1001,5865336,channel-7965,"https://www.nexmark.com/xofu/ldcq/ltnw/item.htm?query=1&channel_id=1191706624","2024-01-01 23:59:45.7",ueklxtnijq
-- | 1009,1008,595,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-01 23:59:45.8",glezglntku
-- | 1012,1001,81358,channel-4310,"https://www.nexmark.com/y_a/gddv/mwei/item.htm?query=1&channel_id=1795686400","2024-01-01 23:59:45.9",lbfwgiuezckwm
-- | 1000,1001,35551,channel-3992,"https://www.nexmark.com/gsmi/okp/gaj/item.htm?query=1&channel_id=435159040","2024-01-01 23:59:46",wxwvxdofymgdb
-- | 1011,1001,1961,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-01 23:59:46.1",bvawxwhflxpp
-- | 1012,1001,5036797,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-01 23:59:46.2",hzrjqgzizhmra
-- | 1000,1009,85300829,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-01 23:59:46.3",exwyfghunyqs
-- | 1012,1001,1825845,channel-4435,"https://www.nexmark.com/kdhc/r_fw/iqyn/item.htm?query=1&channel_id=897056768","2024-01-01 23:59:46.4",lkfguwkumoa
-- | 1000,1001,18831,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-01 23:59:46.5",hhurzuoiniv
-- | 1006,1001,128669,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-01 23:59:46.6",yevkieicyj
-- | 1000,1005,52424,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-01 23:59:46.7",inqagmmrljnqy
-- | 1006,1001,3712,channel-9836,"https://www.nexmark.com/h_h/sti/fof/item.htm?query=1&channel_id=912523264","2024-01-01 23:59:46.8",mmdwawhukwmz
-- | 1008,1004,1388,channel-1576,"https://www.nexmark.com/krsm/rz_w/pnox/item.htm?query=1&channel_id=341835776","2024-01-01 23:59:46.9",nntkfkfcalgpn
-- | 1003,1001,785,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-01 23:59:47.6",wqngqsfslmrbg
-- | 1009,1001,29444,channel-7693,"https://www.nexmark.com/kbyi/wawv/tin/item.htm?query=1&channel_id=1334312960","2024-01-01 23:59:47.7",ezentjozil
-- | 1000,1001,3819113,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-01 23:59:47.8",qljlkvavyw
-- | 1008,1001,174268,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-01 23:59:47.9",pialfzvork
-- | 1000,1001,146,channel-9776,"https://www.nexmark.com/otm/m_l/lxzf/item.htm?query=1&channel_id=207880192","2024-01-01 23:59:48",sizngophcgvb
-- | 1009,1013,560795,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-01 23:59:48.1",zcduusrwfx
-- | 1016,1001,513208,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-01 23:59:48.2",estsykbqkx
-- | 1001,1001,261,channel-9991,"https://www.nexmark.com/qrgm/zgc/shro/item.htm?query=1&channel_id=521928704","2024-01-01 23:59:48.3",yvuyzfoucvtyh
-- | 1010,1011,3935487,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-01 23:59:48.4",vofxygabjco
-- | 1000,1008,3981,channel-5181,"https://www.nexmark.com/qds/erb/pkq/item.htm?query=1&channel_id=1138229248","2024-01-01 23:59:48.5",ausbppxgjlh
-- | 1004,1001,21863,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-01 23:59:48.6",cuarqoamhrlcc
-- | 1000,1008,86122927,channel-9992,"https://www.nexmark.com/ucv/byat/cqh/item.htm?query=1&channel_id=283377664","2024-01-01 23:59:48.7",bywdrigfcgs
-- | 1000,1001,192,channel-6343,"https://www.nexmark.com/bgk/zdl/ofi/item.htm?query=1&channel_id=484966400","2024-01-01 23:59:48.8",eaaurqflhzr
-- | 1013,1001,13128860,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-01 23:59:48.9",idmelqpdjcu
-- | 1000,1001,347591,channel-6692,"https://www.nexmark.com/dgz/fokf/php/item.htm?query=1&channel_id=609746944","2024-01-01 23:59:49.6",bfuedbzbcvvy
-- | 1000,1010,813,channel-1643,"https://www.nexmark.com/smu/yaiy/vzf/item.htm?query=1&channel_id=698351616","2024-01-01 23:59:49.7",gbipyvmlisvrl
-- | 1014,1001,2523695,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-01 23:59:49.8",cesiomadknko
-- | 1000,1015,56392,channel-8538,"https://www.nexmark.com/u_ty/n_w/isq/item.htm?query=1&channel_id=1518600192","2024-01-01 23:59:49.9",iaqgbahrzwpi
-- | 1004,1001,14815,channel-6916,"https://www.nexmark.com/qpc/kxb/cp_i/item.htm?query=1","2024-01-01 23:59:50",sftuaqbcnv
-- | 1000,1001,745940,channel-2140,"https://www.nexmark.com/twz/bq_i/pqn/item.htm?query=1","2024-01-01 23:59:50.1",mubpibnwqv
-- | 1004,1001,229,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-01 23:59:50.2",aogmduoahu
-- | 1005,1001,33283671,channel-4463,"https://www.nexmark.com/rdin/tqtv/ndv/item.htm?query=1&channel_id=158859264","2024-01-01 23:59:50.3",qefwetigdmw
-- | 1014,1001,471,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-01 23:59:50.4",elnuunvsazy
-- | 1002,1001,178099,channel-6619,"https://www.nexmark.com/gtzo/pgrj/ddg/item.htm?query=1&channel_id=610795520","2024-01-01 23:59:50.5",bvqhngcmui
-- | 1017,1001,173715,Baidu,"https://www.nexmark.com/ssu/fbiv/ofbh/item.htm?query=1","2024-01-01 23:59:50.6",hnwzowjbkxysu
-- | 1000,1008,19768101,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-01 23:59:50.7",xhjpdaitvdnnt
-- | 1000,1001,11087,Baidu,"https://www.nexmark.com/ssu/fbiv/ofbh/item.htm?query=1","2024-01-01 23:59:50.8",etpapszotlqn
-- | 1010,1001,134606,channel-4661,"https://www.nexmark.com/k_vp/ipgt/tyay/item.htm?query=1&channel_id=1404567552","2024-01-01 23:59:50.9",fvtfhuoucaif
-- | 1000,1001,1649464,Baidu,"https://www.nexmark.com/ssu/fbiv/ofbh/item.htm?query=1","2024-01-01 23:59:51.6",ubrthxijygal
-- | 1002,1001,885434,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-01 23:59:51.7",vzshlgppurzww
-- | 1004,1015,11345,channel-315,"https://www.nexmark.com/fmp/hrhj/i_v/item.htm?query=1&channel_id=595591168","2024-01-01 23:59:51.8",kddixgamenv
-- | 1000,1001,9799,channel-185,"https://www.nexmark.com/uvl/ulc/tqd/item.htm?query=1&channel_id=1660944384","2024-01-01 23:59:51.9",cmfyfuoetyf
-- | 1002,1001,2000095,channel-9312,"https://www.nexmark.com/usb/y_wo/mtn/item.htm?query=1&channel_id=103022592","2024-01-01 23:59:52",qzikykqweab
-- | 1015,1001,109,channel-5358,"https://www.nexmark.com/kapw/wwte/rsu/item.htm?query=1&channel_id=1999110144","2024-01-01 23:59:52.1",cnfjgvqtowia
-- | 1000,1001,25103101,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-01 23:59:52.2",bvqfslcvrii
-- | 1000,1012,29817,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-01 23:59:52.3",mzftoxwysbt
-- | 1000,1010,155413,Baidu,"https://www.nexmark.com/ssu/fbiv/ofbh/item.htm?query=1","2024-01-01 23:59:52.4",sopmonqnyew
-- | 1000,1003,56861,Baidu,"https://www.nexmark.com/ssu/fbiv/ofbh/item.htm?query=1","2024-01-01 23:59:52.5",agtxcqicfxlid
-- | 1014,1001,4073012,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-01 23:59:52.6",ifsfrpgeufyje
-- | 1000,1000,13080,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-01 23:59:52.7",zarxmrdztfh
-- | 1022,1001,884,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-01 23:59:52.8",dmguketdmbkv
-- | 1000,1012,127,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-01 23:59:52.9",wpgbgdwfesvxu
-- | 1000,1001,193677,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-01 23:59:53.6",sxxnmriapadyv
-- | 1000,1002,74686768,channel-3330,"https://www.nexmark.com/keo/w_hz/zmt/item.htm?query=1&channel_id=1085276160","2024-01-01 23:59:53.7",zalnwzchvrho
-- | 1007,1001,2666,channel-1564,"https://www.nexmark.com/thf/irjq/d_zq/item.htm?query=1","2024-01-01 23:59:53.8",rydejfxnlh
-- | 1000,1011,18082,channel-2571,"https://www.nexmark.com/xktj/idi/amak/item.htm?query=1&channel_id=800063488","2024-01-01 23:59:53.9",zbdfhbngkmmon
-- | 1000,1012,14304347,Baidu,"https://www.nexmark.com/ssu/fbiv/ofbh/item.htm?query=1","2024-01-01 23:59:54",mdcpehchhww
-- | 1000,1011,1291,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-01 23:59:54.1",fdnjwyyrbrkbv
-- | 1000,1001,339688,channel-6547,"https://www.nexmark.com/pses/s_oo/zsf/item.htm?query=1&channel_id=912785408","2024-01-01 23:59:54.2",peqwxnsmuarhd
-- | 1014,1001,534035,channel-927,"https://www.nexmark.com/ehkf/nnjs/dtgc/item.htm?query=1&channel_id=104857600","2024-01-01 23:59:54.3",jyzadjqdphqlt
-- | 1002,1005,282194,channel-9454,"https://www.nexmark.com/bovs/nii/ese/item.htm?query=1&channel_id=1998848000","2024-01-01 23:59:54.4",icqjlpoltd
-- | 1013,1001,34077,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-01 23:59:54.5",gowjuqkheeio
-- | 1000,1001,113,channel-2395,"https://www.nexmark.com/voa/fgbh/xnr/item.htm?query=1&channel_id=628097024","2024-01-01 23:59:54.6",omzfmdliphmce
-- | 1011,1001,8240,channel-9099,"https://www.nexmark.com/k_y/ngp/xsh/item.htm?query=1&channel_id=775684096","2024-01-01 23:59:54.7",gknpthyjthrv
-- | 1029,1001,5306770,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-01 23:59:54.8",lxfclgjrxkxy
-- | 1029,1001,18989377,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-01 23:59:54.9",muxbdzawwhlab
-- | 1000,1001,246,channel-2030,"https://www.nexmark.com/dcqw/onyq/tls/item.htm?query=1&channel_id=2011168768","2024-01-01 23:59:55.6",msersnchzuvw
-- | 1009,1001,8150127,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-01 23:59:55.7",axjnathqew
-- | 1000,1001,103924,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-01 23:59:55.8",drvnurmlkfupv
-- | 1000,1009,11011,channel-6248,"https://www.nexmark.com/vcpp/cxh/gqgk/item.htm?query=1&channel_id=370671616","2024-01-01 23:59:55.9",ksewjlfxmc
-- | 1032,1001,243195,Baidu,"https://www.nexmark.com/ssu/fbiv/ofbh/item.htm?query=1","2024-01-01 23:59:56",qitegawidj
-- | 1000,1001,3099,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-01 23:59:56.1",ebrdelonnin
-- | 1000,1018,1364,channel-8777,"https://www.nexmark.com/gpkd/mzy/zrbe/item.htm?query=1&channel_id=1841037312","2024-01-01 23:59:56.2",dbmukrmvflxh
-- | 1013,1001,28442206,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-01 23:59:56.3",jxzrzvodlteft
-- | 1024,1001,5566161,channel-6579,"https://www.nexmark.com/lyl/gpuc/zkdf/item.htm?query=1&channel_id=845676544","2024-01-01 23:59:56.4",kyrbnozcdesc
-- | 1004,1001,1494046,channel-9701,"https://www.nexmark.com/exdt/lph/pdy/item.htm?query=1","2024-01-01 23:59:56.5",onkonjzyzay
-- | 1000,1001,43090659,channel-6577,"https://www.nexmark.com/pnb/zyao/ykm/item.htm?query=1&channel_id=1919418368","2024-01-01 23:59:56.6",kczwbfaezbtwc
-- | 1000,1001,69501240,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-01 23:59:56.7",jzvdrrjpjh
-- | 1018,1001,15846,channel-25,"https://www.nexmark.com/tif/ykp/rbi/item.htm?query=1&channel_id=1744830464","2024-01-01 23:59:56.8",ayzhsrjuky
-- | 1000,1001,11000,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-01 23:59:56.9",uuhqllfcnqxy
-- | 1000,1013,577,channel-219,"https://www.nexmark.com/wwm/knb/ppw/item.htm?query=1&channel_id=620756992","2024-01-01 23:59:57.6",bcbkztshvu
-- | 1005,1001,552693,Baidu,"https://www.nexmark.com/ssu/fbiv/ofbh/item.htm?query=1","2024-01-01 23:59:57.7",swypnueyumn
-- | 1013,1003,31320,channel-5274,"https://www.nexmark.com/gmc/tsk/bfbt/item.htm?query=1&channel_id=1495793664","2024-01-01 23:59:57.8",jcfscdnsaws
-- | 1000,1001,220,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-01 23:59:57.9",sblawtufskdjp
-- | 1037,1021,46637,channel-5943,"https://www.nexmark.com/lfjw/jozr/acii/item.htm?query=1&channel_id=320339968","2024-01-01 23:59:58",dykwblokpb
-- | 1015,1001,211113,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-01 23:59:58.1",hfuxnufcxusz
-- | 1000,1001,6125,channel-1669,"https://www.nexmark.com/fho/g_q/wifp/item.htm?query=1&channel_id=1587544064","2024-01-01 23:59:58.2",zvdazccibosn
-- | 1000,1001,21264948,channel-776,"https://www.nexmark.com/gvtz/t_nl/gcky/item.htm?query=1&channel_id=281018368","2024-01-01 23:59:58.3",qeuuhleavnw
-- | 1010,1010,2905,Baidu,"https://www.nexmark.com/ssu/fbiv/ofbh/item.htm?query=1","2024-01-01 23:59:58.4",bgftqidjcfnfx
-- | 1000,1001,51676,channel-335,"https://www.nexmark.com/tky/ewq/ujo/item.htm?query=1&channel_id=226492416","2024-01-01 23:59:58.5",blgovjolqvpqw
-- | 1032,1001,677947,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-01 23:59:58.6",bwrcjzxguxvov
-- | 1000,1001,1774208,channel-3395,"https://www.nexmark.com/lute/owpq/vty/item.htm?query=1&channel_id=1028653056","2024-01-01 23:59:58.7",qmnqxoamsafkc
-- | 1000,1001,519,channel-6869,"https://www.nexmark.com/znhd/iso/t_a/item.htm?query=1&channel_id=1420296192","2024-01-01 23:59:58.8",tiwragvbsuceu
-- | 1000,1001,2130,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-01 23:59:58.9",mfygzrpuadqdg
-- | 1021,1001,223,channel-748,"https://www.nexmark.com/orn/rapm/ofi/item.htm?query=1&channel_id=926941184","2024-01-01 23:59:59.6",lxrhnjpmjkkjg
-- | 1030,1001,2576,channel-583,"https://www.nexmark.com/yqz/yau/tfll/item.htm?query=1","2024-01-01 23:59:59.7",ejuinstcgpxs
-- | 1028,1001,114,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-01 23:59:59.8",axtubulertwr
-- | 1000,1001,198800,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-01 23:59:59.9",qopobiqkahkai
-- | 1000,1023,616,Baidu,"https://www.nexmark.com/ssu/fbiv/ofbh/item.htm?query=1","2024-01-02 00:00:00",ysyqibdzndu
-- | 1033,1001,1047498,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-02 00:00:00.1",lnhmtasygl
-- | 1000,1001,9556909,channel-4158,"https://www.nexmark.com/vzab/cecj/xlvs/item.htm?query=1&channel_id=2080899072","2024-01-02 00:00:00.2",wumzqcuszdfp
-- | 1020,1020,46967812,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-02 00:00:00.3",vyayrrifai
-- | 1000,1001,383,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-02 00:00:00.4",jkvtaqeazmwo
-- | 1016,1001,7523075,channel-2714,"https://www.nexmark.com/eeb/wza/vupq/item.htm?query=1&channel_id=1498415104","2024-01-02 00:00:00.5",ccpcuhriand
-- | 1000,1001,97490287,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-02 00:00:00.6",xvqdgdjpfgn
-- | 1008,1015,514,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-02 00:00:00.7",cqbueqpqcsqh
-- | 1000,1018,72319872,Baidu,"https://www.nexmark.com/ssu/fbiv/ofbh/item.htm?query=1","2024-01-02 00:00:00.8",mmmnfhkzptapy
-- | 1008,1001,7278,channel-639,"https://www.nexmark.com/w_v/rviz/ckyn/item.htm?query=1&channel_id=29360128","2024-01-02 00:00:00.9",ovvcgylwxn
-- | 1031,1001,941,channel-1586,"https://www.nexmark.com/t_m/ev_h/uqwy/item.htm?query=1&channel_id=1281359872","2024-01-02 00:00:01.6",qorfiqcfpwq
-- | 1000,1001,67198906,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-02 00:00:01.7",mkzqgwavpv
-- | 1015,1001,9735632,channel-9056,"https://www.nexmark.com/lzhg/dcc/csp/item.htm?query=1&channel_id=113508352","2024-01-02 00:00:01.8",yubdeaulgpv
-- | 1017,1001,2627598,channel-3785,"https://www.nexmark.com/chh/b_xc/ksla/item.htm?query=1&channel_id=1821376512","2024-01-02 00:00:01.9",ukwuvquuyo
-- | 1004,1019,1413127,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-02 00:00:02",idvyqugmgly
-- | 1000,1001,14836,channel-5235,"https://www.nexmark.com/gfj/psd/uqvc/item.htm?query=1&channel_id=836239360","2024-01-02 00:00:02.1",zztdgffyrlhm
-- | 1032,1001,26650,channel-2151,"https://www.nexmark.com/n_k/dppn/a_fl/item.htm?query=1&channel_id=435159040","2024-01-02 00:00:02.2",wupqepnpnrdu
-- | 1000,1019,75074080,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-02 00:00:02.3",zcsqlwadqpx
-- | 1000,1001,1761,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-02 00:00:02.4",kjqgfljpmfbcz
-- | 1017,1027,141,channel-3667,"https://www.nexmark.com/idav/vr_y/bnz/item.htm?query=1&channel_id=898629632","2024-01-02 00:00:02.5",ehpyjunlrbn
-- | 1000,1005,57431,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-02 00:00:02.6",xmqmdxbvffyl
-- | 1001,1001,8157808,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-02 00:00:02.7",csngchwrpt
-- | 1000,1001,16144222,channel-5284,"https://www.nexmark.com/pked/vlya/dtsc/item.htm?query=1&channel_id=623378432","2024-01-02 00:00:02.8",xmrpufvuflf
-- | 1032,1001,1235253,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-02 00:00:02.9",wyduigsyvynmy
-- | 1000,1003,544988,channel-5195,"https://www.nexmark.com/dcgp/gvjx/eez/item.htm?query=1&channel_id=769130496","2024-01-02 00:00:03.6",odvzgbhlafnxw
-- | 1049,1001,412551,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-02 00:00:03.7",gnjhhdauziegp
-- | 1000,1001,554516,Baidu,"https://www.nexmark.com/ssu/fbiv/ofbh/item.htm?query=1","2024-01-02 00:00:03.8",kozaypccshn
-- | 1027,1001,7503,channel-6238,"https://www.nexmark.com/ekd/guet/zbz/item.htm?query=1&channel_id=2048393216","2024-01-02 00:00:03.9",layjsjjlsar
-- | 1005,1001,59642734,channel-43,"https://www.nexmark.com/lqd/hdg/nzl/item.htm?query=1&channel_id=738197504","2024-01-02 00:00:04",svlukjzwopwd
-- | 1000,1001,4057463,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-02 00:00:04.1",xliybevyhugjr
-- | 1000,1001,847985,channel-8384,"https://www.nexmark.com/xzqo/kon/vboz/item.htm?query=1&channel_id=50593792","2024-01-02 00:00:04.2",pgzsnrldcndwk
-- | 1027,1020,6111,channel-688,"https://www.nexmark.com/wxtu/iowz/kyz/item.htm?query=1&channel_id=222298112","2024-01-02 00:00:04.3",rsxiycazvx
-- | 1000,1001,51480,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-02 00:00:04.4",pczbawnhnhq
-- | 1029,1014,27316316,channel-7535,"https://www.nexmark.com/fnpk/rkvc/qfh/item.htm?query=1&channel_id=155713536","2024-01-02 00:00:04.5",orpjutziom
-- | 1000,1009,8994687,channel-3456,"https://www.nexmark.com/uas/yrb/fiw/item.htm?query=1&channel_id=28311552","2024-01-02 00:00:04.6",cefysmtwqlehw
-- | 1000,1010,7465829,channel-2764,"https://www.nexmark.com/rok/pqqk/obb/item.htm?query=1&channel_id=860880896","2024-01-02 00:00:04.7",eanjdnwhli
-- | 1030,1027,60734645,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-02 00:00:04.8",tiamujwxwnr
-- | 1040,1001,168382,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-02 00:00:04.9",kdshewhknbhy
-- | 1037,1001,9321949,channel-2292,"https://www.nexmark.com/xkvl/f_v/nyp/item.htm?query=1&channel_id=789577728","2024-01-02 00:00:05.6",oyvsfjafdo
-- | 1024,1017,46812999,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-02 00:00:05.7",zgjwktbfhpkqs
-- | 1000,1001,280,Baidu,"https://www.nexmark.com/ssu/fbiv/ofbh/item.htm?query=1","2024-01-02 00:00:05.8",sizfapubys
-- | 1033,1001,21330,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-02 00:00:05.9",fhioqnffukp
-- | 1009,1001,3242669,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-02 00:00:06",quvdrhcxhrrc
-- | 1005,1029,86447,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-02 00:00:06.1",refxcrnovrb
-- | 1017,1001,9754133,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-02 00:00:06.2",pgjftbqxgmchr
-- | 1000,1001,3115467,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-02 00:00:06.3",nbynpvxcwtkj
-- | 1052,1001,94110412,channel-4146,"https://www.nexmark.com/gclc/jqjw/iax/item.htm?query=1&channel_id=1275592704","2024-01-02 00:00:06.4",ufddlprmbw
-- | 1016,1012,277,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-02 00:00:06.5",wjfzjwtfpip
-- | 1000,1001,12669,channel-3447,"https://www.nexmark.com/kshz/ovo/ogfi/item.htm?query=1&channel_id=290455552","2024-01-02 00:00:06.6",uqysxzwqnkqu
-- | 1023,1001,1639,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-02 00:00:06.7",hcegrpuwcvx
-- | 1000,1012,1525,Baidu,"https://www.nexmark.com/ssu/fbiv/ofbh/item.htm?query=1","2024-01-02 00:00:06.8",vwvfzntjcdr
-- | 1000,1001,142,channel-1849,"https://www.nexmark.com/wuyi/teh/ajh/item.htm?query=1&channel_id=1663041536","2024-01-02 00:00:06.9",eejsvmkkfsfbg
-- | 1000,1001,747219,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-02 00:00:07.6",thcolmfrfvu
-- | 1000,1021,32973,channel-5678,"https://www.nexmark.com/hykp/wag/yvcp/item.htm?query=1&channel_id=1952972800","2024-01-02 00:00:07.7",jbqfqfrmoyqc
-- | 1000,1001,1261,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-02 00:00:07.8",cfwefonwugbd
-- | 1000,1001,13208307,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-02 00:00:07.9",winjgdlntw
-- | 1018,1016,130,channel-6358,"https://www.nexmark.com/tzf/d_k/wk_d/item.htm?query=1&channel_id=1796734976","2024-01-02 00:00:08",cbtriggudxwf
-- | 1000,1001,1846374,channel-9680,"https://www.nexmark.com/tuh/thf/dacw/item.htm?query=1&channel_id=195297280","2024-01-02 00:00:08.1",wegxlcgeogv
-- | 1000,1001,179,channel-5207,"https://www.nexmark.com/egls/ltdu/lem/item.htm?query=1&channel_id=366477312","2024-01-02 00:00:08.2",xbdslcxeuku
-- | 1056,1027,11027015,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-02 00:00:08.3",afzuufxecuwzn
-- | 1000,1001,2127081,channel-3346,"https://www.nexmark.com/bjh/eblz/riwp/item.htm?query=1&channel_id=1219493888","2024-01-02 00:00:08.4",lmsxmtsszi
-- | 1000,1015,3547042,channel-7626,"https://www.nexmark.com/dko/fche/hex/item.htm?query=1","2024-01-02 00:00:08.5",mrsanvaqaq
-- | 1000,1005,1077,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-02 00:00:08.6",srfmfilecef
-- | 1000,1001,199443,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-02 00:00:08.7",vpunudsnknu
-- | 1000,1011,7175,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-02 00:00:08.8",ohbliwiolia
-- | 1000,1011,2129,channel-6502,"https://www.nexmark.com/r_w/dyzc/vrqx/item.htm?query=1&channel_id=1721237504","2024-01-02 00:00:08.9",aighzptqsfmjs
-- | 1025,1001,2255976,channel-5640,"https://www.nexmark.com/ryf/tqx/dfb/item.htm?query=1&channel_id=275251200","2024-01-02 00:00:09.6",cekgcmbfguy
-- | 1024,1001,737,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-02 00:00:09.7",chfookehpnqz
-- | 1027,1001,231,channel-5995,"https://www.nexmark.com/fnsr/alxt/etlh/item.htm?query=1&channel_id=689438720","2024-01-02 00:00:09.8",ukruhvpstbo
-- | 1000,1001,14460,channel-9291,"https://www.nexmark.com/olj/rawi/el_b/item.htm?query=1&channel_id=769392640","2024-01-02 00:00:09.9",maxseqnvljy
-- | 1057,1001,83927,channel-24,"https://www.nexmark.com/qaa/gyy/voih/item.htm?query=1&channel_id=402653184","2024-01-02 00:00:10",fwjdbwovdfr
-- | 1000,1001,1946473,channel-1788,"https://www.nexmark.com/vhon/vpdq/ucq/item.htm?query=1&channel_id=1063256064","2024-01-02 00:00:10.1",dllgfhqcyee
-- | 1000,1017,59287,channel-5658,"https://www.nexmark.com/azu/znhf/myx/item.htm?query=1&channel_id=1483210752","2024-01-02 00:00:10.2",huyrppuqurwur
-- | 1055,1001,127,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-02 00:00:10.3",xycawmsmcmgzh
-- | 1000,1001,1222260,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-02 00:00:10.4",biohxdwkugms
-- | 1042,1001,545414,channel-903,"https://www.nexmark.com/imy/vvn/frjw/item.htm?query=1","2024-01-02 00:00:10.5",enlnyhzfgrl
-- | 1000,1001,1241686,channel-1607,"https://www.nexmark.com/uekc/vjb/msn/item.htm?query=1&channel_id=497025024","2024-01-02 00:00:10.6",ppzvkiewhktt
-- | 1048,1001,35040169,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-02 00:00:10.7",zjijktatya
-- | 1009,1001,203,channel-4181,"https://www.nexmark.com/tll/o_p/yil/item.htm?query=1&channel_id=1442316288","2024-01-02 00:00:10.8",itgdzlfzankls
-- | 1000,1001,122377,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-02 00:00:10.9",fyvguydcetzk
-- | 1000,1016,2256570,channel-5618,"https://www.nexmark.com/inb/j_ee/wga/item.htm?query=1","2024-01-02 00:00:11.6",mbejssihslm
-- | 1000,1001,12510837,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-02 00:00:11.7",cnfuqwyjlg
-- | 1016,1001,257730,channel-3798,"https://www.nexmark.com/hiw/qo_a/qgow/item.htm?query=1&channel_id=1802502144","2024-01-02 00:00:11.8",ggulkektvran
-- | 1034,1001,701734,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-02 00:00:11.9",lbdevwglkioa
-- | 1050,1001,1149,channel-1658,"https://www.nexmark.com/rx_b/nvo/bvbo/item.htm?query=1&channel_id=1583349760","2024-01-02 00:00:12",kanrxeqdboqh
-- | 1031,1001,188,channel-9148,"https://www.nexmark.com/kaos/elv/dfea/item.htm?query=1&channel_id=1036255232","2024-01-02 00:00:12.1",ppuavlfzcse
-- | 1043,1001,2842658,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-02 00:00:12.2",vlnqmushszy
-- | 1000,1001,89450,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-02 00:00:12.3",hfumbsqaryo
-- | 1000,1001,555363,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-02 00:00:12.4",yjiiheyppnu
-- | 1000,1000,1396165,Baidu,"https://www.nexmark.com/ssu/fbiv/ofbh/item.htm?query=1","2024-01-02 00:00:12.5",yzuvnrpdqjcv
-- | 1035,1001,793,channel-1583,"https://www.nexmark.com/bsjr/fcc/egvw/item.htm?query=1&channel_id=195035136","2024-01-02 00:00:12.6",enwnmldevdca
-- | 1000,1001,764465,channel-3121,"https://www.nexmark.com/dyh/dlb/wgrn/item.htm?query=1&channel_id=1943011328","2024-01-02 00:00:12.7",cyxfbfbsjxxsq
-- | 1025,1028,602049,channel-4496,"https://www.nexmark.com/a_k/vcm/efvt/item.htm?query=1&channel_id=159907840","2024-01-02 00:00:12.8",ppfhkdpuxo
-- | 1033,1001,730609,channel-4268,"https://www.nexmark.com/l_bz/dlzi/qszv/item.htm?query=1&channel_id=889716736","2024-01-02 00:00:12.9",qicedllgkxyk
-- | 1041,1022,326,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-02 00:00:13.6",bwxeuntmam
-- | 1000,1001,430992,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-02 00:00:13.7",xesiwrevjb
-- | 1000,1001,706,Apple,"https://www.nexmark.com/ayi/nhwf/crf/item.htm?query=1","2024-01-02 00:00:13.8",wuukkefudokfi
-- | 1000,1001,480002,channel-1647,"https://www.nexmark.com/vmx/tdx/zlxh/item.htm?query=1","2024-01-02 00:00:13.9",zwdnnodkelbaw
-- | 1033,1001,890,channel-3839,"https://www.nexmark.com/vpfw/abel/gkgo/item.htm?query=1&channel_id=9437184","2024-01-02 00:00:14",hycdiippcrxxx
-- | 1000,1014,37252390,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-02 00:00:14.1",sokbifcdbek
-- | 1007,1001,15277684,channel-4378,"https://www.nexmark.com/haho/jsio/ocz/item.htm?query=1&channel_id=1485307904","2024-01-02 00:00:14.2",iisuzewlpz
-- | 1000,1001,371674,channel-6104,"https://www.nexmark.com/wlqp/ctlj/eckt/item.htm?query=1&channel_id=468189184","2024-01-02 00:00:14.3",hrpqrivcnd
-- | 1004,1001,1707544,Baidu,"https://www.nexmark.com/ssu/fbiv/ofbh/item.htm?query=1","2024-01-02 00:00:14.4",dagzlszucnvtx
-- | 1000,1001,149117,channel-5125,"https://www.nexmark.com/obg/fegh/zkx/item.htm?query=1&channel_id=1607991296","2024-01-02 00:00:14.5",breljsmgokwok
-- | 1015,1001,4019975,Facebook,"https://www.nexmark.com/b_sv/uex/lxzx/item.htm?query=1","2024-01-02 00:00:14.6",nmgfoppfpecl
-- | 1000,1031,563,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-02 00:00:14.7",cplethcwmps
-- | 1000,1001,329,Google,"https://www.nexmark.com/jmm/tt_f/lfr/item.htm?query=1","2024-01-02 00:00:14.8",pnibxritcrz
-- | 1049,1001,22907242,channel-7401,"https://www.nexmark.com/gypw/krh/knf/item.htm?query=1&channel_id=1757937664","2024-01-02 00:00:14.9",ohuyodrvzu
CREATE TABLE auction (id BIGINT, itemName VARCHAR, description VARCHAR, initialBid BIGINT, reserve BIGINT,
  `dateTime` TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra VARCHAR,
  WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/auction.csv', 'format' = 'csv');
CREATE TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, `dateTime` TIMESTAMP(3),
  extra VARCHAR, WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/bid.csv', 'format' = 'csv');
-- Query 4, average price for a category: the mean of the winning bids of its auctions.
SELECT Q.category, AVG(Q.final)
FROM (
  SELECT MAX(B.price) AS final, A.category
  FROM auction A, bid B
  WHERE A.id = B.auction AND B.`dateTime` BETWEEN A.`dateTime` AND A.expires
  GROUP BY A.id, A.category
) Q
GROUP BY Q.category;
-- Query 15, bidding statistics: bids, bidders and auctions of each day, by level of price.
SELECT DATE_FORMAT(`dateTime`, 'yyyy-MM-dd') AS `day`,
  COUNT(*) AS total_bids,
  COUNT(*) FILTER (WHERE price < 10000) AS rank1_bids,
  COUNT(*) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bids,
  COUNT(*) FILTER (WHERE price >= 1000000) AS rank3_bids,
  COUNT(DISTINCT bidder) AS total_bidders,
  COUNT(DISTINCT bidder) FILTER (WHERE price < 10000) AS rank1_bidders,
  COUNT(DISTINCT bidder) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bidders,
  COUNT(DISTINCT bidder) FILTER (WHERE price >= 1000000) AS rank3_bidders,
  COUNT(DISTINCT auction) AS total_auctions,
  COUNT(DISTINCT auction) FILTER (WHERE price < 10000) AS rank1_auctions,
  COUNT(DISTINCT auction) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_auctions,
  COUNT(DISTINCT auction) FILTER (WHERE price >= 1000000) AS rank3_auctions
FROM bid
GROUP BY DATE_FORMAT(`dateTime`, 'yyyy-MM-dd');
-- Query 16, channel statistics: bids, bidders and auctions of each channel and day, by level of price.
SELECT channel, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd') AS `day`, MAX(DATE_FORMAT(`dateTime`, 'HH:mm')) AS `minute`,
  COUNT(*) AS total_bids,
  COUNT(*) FILTER (WHERE price < 10000) AS rank1_bids,
  COUNT(*) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bids,
  COUNT(*) FILTER (WHERE price >= 1000000) AS rank3_bids,
  COUNT(DISTINCT bidder) AS total_bidders,
  COUNT(DISTINCT bidder) FILTER (WHERE price < 10000) AS rank1_bidders,
  COUNT(DISTINCT bidder) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bidders,
  COUNT(DISTINCT bidder) FILTER (WHERE price >= 1000000) AS rank3_bidders,
  COUNT(DISTINCT auction) AS total_auctions,
  COUNT(DISTINCT auction) FILTER (WHERE price < 10000) AS rank1_auctions,
  COUNT(DISTINCT auction) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_auctions,
  COUNT(DISTINCT auction) FILTER (WHERE price >= 1000000) AS rank3_auctions
FROM bid
GROUP BY channel, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd');
-- Query 17, auction statistics: how many bids an auction got in a day, and at what prices.
SELECT auction, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd') AS `day`,
  COUNT(*) AS total_bids,
  COUNT(*) FILTER (WHERE price < 10000) AS rank1_bids,
  COUNT(*) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bids,
  COUNT(*) FILTER (WHERE price >= 1000000) AS rank3_bids,
  MIN(price) AS min_price,
  MAX(price) AS max_price,
  AVG(price) AS avg_price,
  SUM(price) AS sum_price
FROM bid
GROUP BY auction, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd');
