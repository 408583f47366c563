// Attributes of the demo shop, their values, and the tax rows. Names stand in the order en, bg, hu, hy, bn.

export const locales = ["en", "bg", "hu", "hy", "bn"];
export const texts = (names) => Object.fromEntries(names.split("|").map((name, i) => [locales[i], { name }]));

const bengali = (n) => String(n).replace(/\d/g, (digit) => "০১২৩৪৫৬৭৮৯"[digit]);
const grams = (n) => [n, `${n} g|${n} г|${n} g|${n} գ|${bengali(n)} গ্রাম`];
const millilitres = (n) => [n, `${n} ml|${n} мл|${n} ml|${n} մլ|${bengali(n)} মিলি`];
const centimetres = (n) => `${n} cm|${n} см|${n} cm|${n} սմ|${bengali(n)} সেমি`;

export const attributes = [
    { code: "material", type: "choice", name: "Material|Материал|Anyag|Նյութ|উপাদান", values: {
        stoneware: "Stoneware|Каменина|Kőcserép|Քարախեցի|স্টোনওয়্যার", porcelain: "Porcelain|Порцелан|Porcelán|Ճենապակի|চীনামাটি",
        glass: "Glass|Стъкло|Üveg|Ապակի|কাচ", copper: "Copper|Мед|Vörösréz|Պղինձ|তামা", brass: "Brass|Месинг|Sárgaréz|Արույր|পিতল",
        wood: "Wood|Дърво|Fa|Փայտ|কাঠ", linen: "Linen|Лен|Len|Վուշ|লিনেন", cotton: "Cotton|Памук|Pamut|Բամբակ|সুতি", wool: "Wool|Вълна|Gyapjú|Բուրդ|উল",
        felt: "Felt|Филц|Filc|Թաղիք|ফেল্ট", leather: "Leather|Кожа|Bőr|Կաշի|চামড়া", "waxed-canvas": "Waxed canvas|Восъчно платно|Viaszolt vászon|Մոմապատ կտավ|মোম-দেওয়া ক্যানভাস",
        paper: "Paper|Хартия|Papír|Թուղթ|কাগজ", beeswax: "Beeswax|Пчелен восък|Méhviasz|Մեղրամոմ|মৌমোম", "plant-wax": "Plant wax|Растителен восък|Növényi viasz|Բուսական մոմ|উদ্ভিজ্জ মোম",
        steel: "Steel|Стомана|Acél|Պողպատ|ইস্পাত", willow: "Willow|Върба|Fűzfavessző|Ուռենի|উইলো বেত" } },
    { code: "color", type: "color", name: "Colour|Цвят|Szín|Գույն|রং", values: {
        cream: ["#f1e4cb", "Cream|Кремаво|Krém|Կրեմագույն|ক্রিম"], sand: ["#d8bf98", "Sand|Пясъчно|Homok|Ավազագույն|বালি"], clay: ["#c4704b", "Clay|Теракота|Agyag|Կավագույն|পোড়ামাটি"],
        ochre: ["#d09a3e", "Ochre|Охра|Okker|Օխրա|গেরুয়া"], moss: ["#7c8b5a", "Moss|Мъхово зелено|Moha|Մամռագույն|শ্যাওলা সবুজ"], sea: ["#6a9e9b", "Sea|Морско синьо-зелено|Tenger|Ծովագույն|সাগর নীল"],
        indigo: ["#41527f", "Indigo|Индиго|Indigó|Ինդիգո|নীল"], rose: ["#d3938c", "Rose|Розово|Rózsa|Վարդագույն|গোলাপি"], plum: ["#7c4e6a", "Plum|Слива|Szilva|Սալորագույն|আলুবোখারা"],
        walnut: ["#7b5438", "Walnut|Орехово|Dió|Ընկուզագույն|আখরোট বাদামি"], charcoal: ["#4b4846", "Charcoal|Графит|Faszén|Ածխագույն|কাঠকয়লা"] } },
    { code: "size", type: "choice", name: "Size|Размер|Méret|Չափ|মাপ", values: {
        small: "Small|Малък|Kicsi|Փոքր|ছোট", medium: "Medium|Среден|Közepes|Միջին|মাঝারি", large: "Large|Голям|Nagy|Մեծ|বড়",
        "36-37": "36–37|36–37|36–37|36–37|৩৬–৩৭", "38-39": "38–39|38–39|38–39|38–39|৩৮–৩৯", "40-41": "40–41|40–41|40–41|40–41|৪০–৪১", "42-43": "42–43|42–43|42–43|42–43|৪২–৪৩",
        "20-cm": centimetres(20), "24-cm": centimetres(24), "28-cm": centimetres(28), "40-cm": centimetres(40), "50-cm": centimetres(50), "60-cm": centimetres(60),
        "130-170": "130 × 170 cm|130 × 170 см|130 × 170 cm|130 × 170 սմ|১৩০ × ১৭০ সেমি", "150-200": "150 × 200 cm|150 × 200 см|150 × 200 cm|150 × 200 սմ|১৫০ × ২০০ সেমি",
        "50-100": "50 × 100 cm|50 × 100 см|50 × 100 cm|50 × 100 սմ|৫০ × ১০০ সেমি", "70-140": "70 × 140 cm|70 × 140 см|70 × 140 cm|70 × 140 սմ|৭০ × ১৪০ সেমি",
        "13-inch": "13 inch|13 инча|13 hüvelyk|13 դյույմ|১৩ ইঞ্চি", "15-inch": "15 inch|15 инча|15 hüvelyk|15 դյույմ|১৫ ইঞ্চি" } },
    { code: "weight", type: "number", unit: "g", name: "Net weight|Нето тегло|Nettó tömeg|Զտաքաշ|নিট ওজন", values: Object.fromEntries([5, 50, 100, 250, 500, 1000].map((n) => [`${n}-g`, grams(n)])) },
    { code: "capacity", type: "number", unit: "ml", name: "Capacity|Вместимост|Űrtartalom|Տարողություն|ধারণক্ষমতা", values: Object.fromEntries([30, 60, 80, 100, 200, 250, 350, 400, 500, 750, 800, 1000].map((n) => [`${n}-ml`, millilitres(n)])) },
    { code: "origin", type: "choice", name: "Made in|Произход|Származás|Ծագումը|উৎস", values: {
        bulgaria: "Bulgaria|България|Bulgária|Բուլղարիա|বুলগেরিয়া", hungary: "Hungary|Унгария|Magyarország|Հունգարիա|হাঙ্গেরি", armenia: "Armenia|Армения|Örményország|Հայաստան|আর্মেনিয়া",
        bangladesh: "Bangladesh|Бангладеш|Banglades|Բանգլադեշ|বাংলাদেশ", greece: "Greece|Гърция|Görögország|Հունաստան|গ্রিস", portugal: "Portugal|Португалия|Portugália|Պորտուգալիա|পর্তুগাল",
        india: "India|Индия|India|Հնդկաստան|ভারত", ethiopia: "Ethiopia|Етиопия|Etiópia|Եթովպիա|ইথিওপিয়া", colombia: "Colombia|Колумбия|Kolumbia|Կոլումբիա|কলম্বিয়া", germany: "Germany|Германия|Németország|Գերմանիա|জার্মানি" } },
    { code: "flavour", type: "choice", name: "Flavour|Вкус|Íz|Համ|স্বাদ", values: {
        floral: "Floral|Цветен|Virágos|Ծաղկային|ফুলেল", smoky: "Smoky|Опушен|Füstös|Ծխահամ|ধোঁয়াটে", fruity: "Fruity|Плодов|Gyümölcsös|Մրգային|ফলের স্বাদ", nutty: "Nutty|Ядков|Diós|Ընկուզային|বাদামি স্বাদ",
        spicy: "Spicy|Пикантен|Fűszeres|Կծու|ঝাল-মসলাদার", sweet: "Sweet|Сладък|Édes|Քաղցր|মিষ্টি", herbal: "Herbal|Билков|Gyógynövényes|Խոտաբույսային|ভেষজ", chocolate: "Chocolate|Шоколадов|Csokoládés|Շոկոլադային|চকলেট", salty: "Salty|Солен|Sós|Աղի|নোনতা" } },
    { code: "roast", type: "choice", name: "Roast|Изпичане|Pörkölés|Բովվածություն|রোস্ট", values: { light: "Light|Светло|Világos|Թույլ|হালকা", medium: "Medium|Средно|Közepes|Միջին|মাঝারি", dark: "Dark|Тъмно|Sötét|Մուգ|গাঢ়" } },
    { code: "grind", type: "choice", name: "Grind|Смилане|Őrlés|Աղացվածք|গুঁড়ার ধরন", values: { beans: "Whole beans|На зърна|Szemes|Հատիկներ|আস্ত বিন", filter: "Filter|За филтър|Filteres|Ֆիլտրի համար|ফিল্টার", espresso: "Espresso|За еспресо|Eszpresszó|Էսպրեսոյի համար|এসপ্রেসো", cezve: "Cezve|За джезве|Dzsezva|Ջազվեի համար|জেজভে" } },
    { code: "scent", type: "choice", name: "Scent|Аромат|Illat|Բույր|সুগন্ধ", values: {
        rose: "Rose|Роза|Rózsa|Վարդ|গোলাপ", lavender: "Lavender|Лавандула|Levendula|Նարդոս|ল্যাভেন্ডার", fig: "Fig|Смокиня|Füge|Թուզ|ডুমুর", cedar: "Cedar|Кедър|Cédrus|Մայրի|সিডার", honey: "Honey|Мед|Méz|Մեղր|মধু", unscented: "Unscented|Без аромат|Illatmentes|Առանց բույրի|সুগন্ধহীন" } },
    { code: "ruling", type: "choice", name: "Pages|Страници|Vonalazás|Էջեր|পাতা", values: { plain: "Plain|Бели|Sima|Մաքուր|সাদা", ruled: "Ruled|На редове|Vonalas|Տողավոր|রুলটানা", dotted: "Dotted|На точки|Pontozott|Կետավոր|ডটেড" } },
    { code: "care", type: "choice", name: "Care|Поддръжка|Ápolás|Խնամք|যত্ন", values: {
        dishwasher: "Dishwasher safe|За съдомиялна|Mosogatógépben mosható|Սպասք լվացող մեքենայի համար|ডিশওয়াশারে ধোয়া যায়", "hand-wash": "Wash by hand|Ръчно миене|Kézzel mosandó|Լվանալ ձեռքով|হাতে ধুতে হবে",
        "machine-30": "Machine wash at 30 °C|Пералня на 30 °C|Gépi mosás 30 °C-on|Մեքենայով՝ 30 °C|মেশিনে ৩০ °সে", air: "Air, do not wash|Проветряване, без пране|Szellőztetés, mosás nélkül|Օդափոխել, չլվանալ|রোদে-হাওয়ায় রাখুন, ধোবেন না",
        wipe: "Wipe clean|Почистване с кърпа|Törölhető|Սրբել կտորով|মুছে পরিষ্কার", dry: "Keep dry|Да се пази сухо|Szárazon tartandó|Պահել չոր|শুকনো রাখুন" } },
    { code: "season", type: "choice", name: "Season|Сезон|Évszak|Եղանակ|ঋতু", values: { "all-year": "All year|Целогодишно|Egész évben|Ամբողջ տարին|সারা বছর", spring: "Spring|Пролет|Tavasz|Գարուն|বসন্ত", summer: "Summer|Лято|Nyár|Ամառ|গ্রীষ্ম", autumn: "Autumn|Есен|Ősz|Աշուն|শরৎ", winter: "Winter|Зима|Tél|Ձմեռ|শীত" } },
];

const vat = (country, names, standard, reduced) => ({ country, name: names, rates: [{ class: "standard", name: "VAT", ppm: standard * 10000 }, { class: "reduced", name: "VAT", ppm: reduced * 10000 }] });
export const taxes = [vat("BG", "Bulgaria", 20, 9), vat("HU", "Hungary", 27, 5), vat("AM", "Armenia", 20, 20), vat("BD", "Bangladesh", 15, 15), vat("DE", "Germany", 19, 7)];
