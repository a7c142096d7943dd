//! Cues of the languages that write spaces.

use super::cues::{Cue, Entry};

pub(super) const ENGLISH: &[Entry] = &[
    (Cue::Half, "half|1 / 2|1/2|½|halved|a third|third of|quarter|50 %"),
    (Cue::UpTo, "up to|at most|no more than|maximum|max|as much as"),
    (
        Cue::StartingAt,
        "from $|from £|from €|starting at|starting from|as low as|at least|or more|and up|minimum|orders from|orders over",
    ),
    (Cue::About, "about|around|roughly|approximately|nearly|almost|some way|not far"),
    (
        Cue::Except,
        "except|excluding|excludes|excluded|exempt|unless|other than|does not apply|not valid|but not|not included|not applicable",
    ),
    (Cue::Extra, "extra|additional|additionally|more off|further|on top|plus|another|bonus|as well"),
    (Cue::Again, "again|re|repeat|second time|once more|encore"),
    (Cue::Discount, "off|discount*|sale|cheaper|reduced|save|saving*|coupon|voucher|deal|offer|rebate|price"),
    (Cue::Bundle, "buy|get one|free|for the price|two for|three for|bogo|2 for|3 for"),
    (
        Cue::Condition,
        "member*|card|permit*|with permit|holders|students|seniors|residents|with coupon|registered|eligible|qualify|entitled",
    ),
    (Cue::Each, "each|every|apiece|respectively"),
    (Cue::Together, "together|jointly|in total|altogether|shared|as a group|collectively|between them"),
    (
        Cue::SameOrOther,
        "same|very same|different|distinct|separate|another one|single one|one and the same|shared one|own|identical|no other|none other|the only",
    ),
    (
        Cue::PerUnit,
        "per|a head|a person|per person|a driver|a piece|per item|for each|a night|a ticket|each person|a rider|a child|an adult",
    ),
    (
        Cue::Exact,
        "exactly|precisely|final|fixed|flat|always|in total|all in|everything included|only|full price|just",
    ),
    (
        Cue::NotCombined,
        "no further|no other discount*|no additional|cannot be combined|not combinable|no discount*|no more|count|no conditions|no exceptions|already includes|already included|included",
    ),
    (
        Cue::Regardless,
        "any age|all ages|regardless|or not|whether|any|no matter|of every age|without exception|everyone|anybody|anyone|no limit|free for all",
    ),
    (Cue::First, "first|1st|original price|regular price|the other|the second one|the third|monday to"),
    (Cue::All, "all|everyone|everybody|everything|both|always"),
    (Cue::Not, "not|no|never|none|dodoesisaredidwocacannot|nobody|without"),
    (Cue::Only, "only|just|merely|solely|exclusively"),
    (Cue::And, "and|&"),
    (Cue::Or, "or|either"),
    (
        Cue::Adjective,
        "old|older|elderly|young|younger|retired|new|former|used|big|large|small|little|local|foreign|married|unmarried|single|experienced|qualified|active|disabled|sick|poor|rich|red|blue|green|black|white|wooden|plastic|fresh|frozen|hot|cold|cheap|expensive|long|short|brave|happy|unemployed|trained|certified|visiting|wild|dry|wet|heavy|light|broken|damaged|organic|italian|french|german|polish|english|american|spanish|japanese|chinese|early|late|free|public|private|professional|amateur|junior|senior|female|male",
    ),
    (
        Cue::Vague,
        "some|several|a few|few|many|a lot|lots|certain|a number of|a couple|various|numerous|plenty|most|enough|a portion|part of|the rest|a bunch",
    ),
    (
        Cue::HowMany,
        "how many|how much|what is the total|what will|what do|what does|total cost|what's the total|bill|how long|how far|how old|how tall|how big|number of|what do i pay",
    ),
    (Cue::Who, "who|whose|whom"),
    (Cue::When, "when|what time|what year|what day|which day|which year|what date"),
    (Cue::Where, "where|which city|which country|what country|what city"),
    (
        Cue::RelativeDate,
        "today|tomorrow|yesterday|tonight|next monday|next tuesday|next wednesday|next thursday|next friday|next saturday|next sunday|next week|next month|next year|this weekend|next weekend|this monday|this tuesday|this wednesday|this thursday|this friday|this saturday|this sunday|last monday|last friday|last week|last month|last year|this week|this month|this year|in two weeks|a week from|the day after|fortnight|biweekly|noon|midnight|the weekend|end of the month|end of the week|end of the day|moved forward|brought forward|pushed back|moved back|moved up",
    ),
    (
        Cue::Nowadays,
        "now|current|currently|latest|newest|recent|recently|most recent|right now|at the moment|upcoming|still|present|so far|ever|last time|these days",
    ),
    (
        Cue::Superlative,
        "best|most|largest|biggest|highest|longest|oldest|youngest|greatest|tallest|smallest|worst|fastest|richest|richer|least|lowest|shortest|earliest|top|number one|main",
    ),
    (
        Cue::Gradable,
        "soon|enough|far|near|close|cheap|expensive|tall|long|good|bad|better|worse|nice|easy|hard|interesting|warm|fast|slow|big|small|popular|famous|late|early",
    ),
    (
        Cue::Telling,
        "told|said|says|asked|called|informed|texted|wrote|emailed|reminded|promised|warned|assured|explained|admitted|phoned|thanked|met|saw|helped|visited|drove|hugged|invited|accused|blamed|congratulated|replied|mentioned|introduced",
    ),
    (Cue::It, "it|its|this|that one|they|them|their|these|those|the thing|there|the one|such|the other one"),
    (Cue::Myself, "i|my|me|mine|we|our|us"),
    (
        Cue::Sign,
        "sign|board|notice|label|coupon|poster|placard|plaque|note|card says|menu|ticket says|says|reads|flyer|ad|advert|banner|billboard|leaflet|window|instructions|manual|recipe|dial|gauge|forecast",
    ),
    (
        Cue::Attached,
        "with the|with a|with an|on the|in the|through the|from the|near the|by the|behind the|under the",
    ),
    (
        Cue::Party,
        "couple|two of us|for two people|for two persons|for the two|two - person|2 - person|tandem|family|four of us|three of us|my wife and|my husband and|my friend and|both of us|two - seater|double kayak|group of",
    ),
    (
        Cue::NextDay,
        "next monday|next tuesday|next wednesday|next thursday|next friday|next saturday|next sunday|next weekend|next week|next month|this monday|this tuesday|this wednesday|this thursday|this friday|this saturday|this sunday|this weekend|this week|this month|last monday|last tuesday|last wednesday|last thursday|last friday|last saturday|last sunday|last weekend|last month|biweekly|bi - weekly|moved forward|brought forward|moved back|pushed back|a week from|the weekend after|in two weeks|a fortnight",
    ),
];

pub(super) const POLISH: &[Entry] = &[
    (Cue::Half, "połow*|pół|połówk*|1/2|½|dwukrotn*|podwójn*|jedną trzecią|ćwierć|półcen*|50 %"),
    (
        Cue::UpTo,
        "do -|do %|nawet|maksymalnie|najwyżej|max|nie więcej niż|do 10|do 20|do 30|do 40|do 50|do 60|do 70|do 80|do 90|do 100|do 200",
    ),
    (
        Cue::StartingAt,
        "już od|od drug*|od trzeci*|co najmniej|minimum|min|przynajmniej|od 10|od 20|od 30|od 49|od 50|od 99|od 100|od 150|od 200|ceny od|zakupy od",
    ),
    (Cue::About, "około|mniej więcej|prawie|niemal|z grubsza|dobre|ponad|koło|ok"),
    (
        Cue::Except,
        "nie dotyczy|oprócz|z wyjątkiem|z wyłączeniem|poza|wyłączon*|wyjąwszy|bez|nie obejmuje|chyba że",
    ),
    (Cue::Extra, "dodatkow*|jeszcze|kolejn*|ponadto|ekstra|extra|plus|gratis|do tego|a także|oraz kolejne"),
    (Cue::Again, "jeszcze raz|ponown*|znowu|powtór*|drugi raz|następn*|znów|powtórz*"),
    (
        Cue::Discount,
        "zniżk*|taniej|rabat*|promocj*|ofert*|okazj*|obniżk*|przecen*|upust*|wyprzedaż*|kupon*|cen*|ulg*|karnet*|bon",
    ),
    (
        Cue::Bundle,
        "w cenie|gratis|kup|za darmo|drugi za|druga za|drugie za|trzeci|trzecia|trzecie|w prezencie",
    ),
    (
        Cue::Condition,
        "z kartą|kart*|członk*|klubowicz*|student*|emeryt*|mieszkańc*|posiadacz*|abonament*|uprawnion*|legitymacj*|stał* klient*|należy|przysług*",
    ),
    (Cue::Each, "każd*|po|wszyscy|wszystkie"),
    (Cue::Together, "razem|łącznie|wspóln*|w sumie|w grupie|naraz"),
    (
        Cue::SameOrOther,
        "ten sam|tę samą|tego samego|tej samej|to samo|te same|tym samym|tą samą|inn*|różn*|jedn* i tę|jedyn*|osobn*|oddzieln*|swój|swoją|własn*|jednakow*",
    ),
    (
        Cue::PerUnit,
        "od osoby|za osobę|na osobę|za sztukę|od sztuki|za godzinę|za noc|za dobę|za bilet|od pary|od głowy|każdy następny|każda następna|każde następne|na głowę|za kilogram|za jeden|za jedną",
    ),
    (
        Cue::Exact,
        "dokładnie|równo|tylko|wyłącznie|razem z|ostateczn*|stał*|pełn*|zawsze|w pełnej cenie|wszystko wliczone|bezpłatnie",
    ),
    (
        Cue::NotCombined,
        "nie łącz*|żadn*|nie daje|bez dodatkowych|nie sumuj*|bez dalszych|nie przysługuje|wliczon*|bez wyjątków|i tyle|więcej ich nie|nic więcej",
    ),
    (
        Cue::Regardless,
        "w każdym wieku|niezależnie|bez względu|dowoln*|obojętn*|czy nie|dla wszystkich|każdy,|w każdym|od poniedziałku|jakichkolwiek|wszystkich",
    ),
    (Cue::First, "pierwsz*|normaln* cen*|zwykł* cen*|drugi kosztuje|regularn*|pełnej cenie"),
    (Cue::All, "wszyscy|wszystk*|każdy|obie|oba|obaj|oboje|zawsze|całość"),
    (Cue::Not, "nie|nikt|żad*|nigdy|bez|ani|nic"),
    (Cue::Only, "tylko|jedynie|wyłącznie|zaledwie"),
    (Cue::And, "i|oraz|a także"),
    (Cue::Or, "lub|albo|czy|bądź"),
    (
        Cue::Adjective,
        "starsz*|star*|młod*|młodsz*|emerytowan*|now*|był*|używan*|duż*|mał*|miejscow*|lokaln*|zagraniczn*|niepełnosprawn*|chor*|bezrobotn*|doświadczon*|czerwon*|zielon*|niebiesk*|czarn*|biał*|drewnian*|śwież*|mrożon*|zimn*|ciepł*|gorąc*|tani*|drog*|samotn*|żonat*|zamężn*|pracując*|uczen*|dzieln*|szczęśliw*|wykwalifikowan*|zawodow*|prywatn*|publiczn*|darmow*|bezpłatn*|włosk*|niemieck*|polsk*|angielsk*|suszon*|dzik*|zepsut*",
    ),
    (
        Cue::Vague,
        "kilka|kilku|kilkoro|parę|paru|trochę|niektór*|wiele|wielu|sporo|pewn*|część|mnóstwo|większość|reszt*|garść|nieco",
    ),
    (
        Cue::HowMany,
        "ile|ilu|jaki rachunek|jaka kwota|za ile|jak długo|jak daleko|ilość|liczba|ile zapłacę|o ile",
    ),
    (Cue::Who, "kto|kogo|komu|czyj*|kim"),
    (Cue::When, "kiedy|o której|którego dnia|w którym roku|którego roku"),
    (Cue::Where, "gdzie|dokąd|skąd|w którym mieście|w jakim kraju"),
    (
        Cue::RelativeDate,
        "dziś|dzisiaj|jutro|pojutrze|wczoraj|w przyszły|w przyszłą|w następn*|w najbliższ*|najbliższ*|przyszł*|w ten|w tę|zeszł*|ubiegł*|za tydzień|za dwa tygodnie|w weekend|w ten weekend|do końca miesiąca|do końca tygodnia|co dwa tygodnie|w południe|o północy|przesunięt*|przełożon*",
    ),
    (
        Cue::Nowadays,
        "teraz|obecn*|aktualn*|najnowsz*|ostatni*|niedawno|na razie|wciąż|nadal|dotychczas|jak dotąd",
    ),
    (
        Cue::Superlative,
        "najlepsz*|najwięks*|największ*|najwyższ*|najstarsz*|najdłuższ*|najmłodsz*|najgorsz*|najniższ*|najszybsz*|najwięcej|najmniej|najważniejsz*|główn*",
    ),
    (
        Cue::Gradable,
        "wkrótce|niedługo|dość|daleko|blisko|tani*|drog*|dobr*|zł*|lepsz*|gorsz*|ładn*|ciekaw*|szybk*|łatw*|wysok*|popularn*|znan*|późno|wcześnie|zdąż*",
    ),
    (
        Cue::Telling,
        "powiedzia*|mówi*|zapyta*|spyta*|napisa*|zadzwoni*|opowiedzia*|poinformowa*|przypomnia*|obieca*|wyjaśni*|spotka*|widzia*|zobaczy*|pomóg*|pomogł*|odwiedzi*|zawiadomi*|ostrzeg*|przedstawi*|wspomnia*|podziękowa*|oskarż*|pogratulowa*|wyzna*|przyzna*",
    ),
    (Cue::It, "to|tego|tym|ono|oni|one|ich|nich|im|nim|tam|ten|ta|te|taki|takie"),
    (
        Cue::Myself,
        "ja|mój|moja|moje|mnie|mi|mam|jestem|dostałem|dostałam|zgubiłem|zgubiłam|wygrałem|wygrałam|mojego|mojej",
    ),
    (
        Cue::Sign,
        "znak|tablic*|napis*|tabliczk*|szyld*|ogłoszen*|etykiet*|kartk*|plakat*|na szybie|na drzwiach|strzałk*|drogowskaz*|ulotk*|baner*|menu|instrukcj*|przepis*|prognoz*|wskazówk*|pisze|wisi|naklejk*|notatk*|gazetk*",
    ),
    (
        Cue::Attached,
        "z lornetką|przez lornetkę|z lunetą|przez lunetę|przez teleskop|z parasolem|z aparatem|na dachu|na wzgórzu|w ogrodzie|z balkonu|z okna|na moście|w kapeluszu",
    ),
    (
        Cue::Party,
        "osobow*|dwuosobow*|trzyosobow*|czteroosobow*|we dwoje|we dwójkę|we troje|rodzin*|dla dwojga|oboje|z żoną|z mężem|z kolegą|w parze|tandem*|we czworo",
    ),
    (
        Cue::NextDay,
        "w przyszły|w przyszłą|w przyszłym|w następny|w następną|w następnym|w najbliższy|w najbliższą|w najbliższym|w ten weekend|w ten piątek|w ten poniedziałek|w tę środę|w tę sobotę|w tę niedzielę|w ten wtorek|w ten czwartek|co dwa tygodnie|przesunięt* do przodu|za tydzień w|przyszły tydzień|w przyszłym tygodniu",
    ),
];

pub(super) const GERMAN: &[Entry] = &[
    (Cue::Half, "halb*|hälfte|1/2|½|doppelt*|ein drittel|viertel|50 %"),
    (Cue::UpTo, "bis zu|höchstens|maximal|max|nicht mehr als|bis -"),
    (Cue::StartingAt, "ab|mindestens|schon ab|bereits ab|min|von mindestens"),
    (Cue::About, "etwa|ungefähr|circa|ca|rund|fast|knapp|gut|um die"),
    (Cue::Except, "ausgenommen|außer|ausser|gilt nicht|ausgeschlossen|mit ausnahme|bis auf|nicht für|ohne"),
    (
        Cue::Extra,
        "extra|zusätzlich*|nochmals|nochmal|weitere*|obendrauf|dazu|plus|noch einmal|on top|außerdem",
    ),
    (Cue::Again, "nochmal|noch einmal|erneut|wieder|wiederhol*|zweite fahrt|nochmals|abermals"),
    (
        Cue::Discount,
        "rabatt*|ermäßig*|preis|nachlass*|günstig*|billig*|angebot*|aktion*|sparen|spare|gutschein*|reduziert*|prozente|vergünstig*|auf alles|verbilligt*",
    ),
    (Cue::Bundle, "nimm|zahl|gratis|kostenlos|zum preis von|geschenkt|dazu|umsonst|3 für|2 für"),
    (
        Cue::Condition,
        "mitglied*|karte|ausweis*|anwohner*|studenten|studierende*|senioren|inhaber*|mit karte|stammkunden|berechtigt*|gilt|abonnenten",
    ),
    (Cue::Each, "jeder|jede|jedes|jedem|jeden|je|jeweils|pro"),
    (Cue::Together, "zusammen|gemeinsam|insgesamt|gesamt|miteinander|als gruppe"),
    (
        Cue::SameOrOther,
        "denselben|dasselbe|dieselbe|derselbe|derselben|demselben|gleiche*|verschieden*|andere*|einzige*|eigene*|unterschiedlich*",
    ),
    (
        Cue::PerUnit,
        "pro|je person|pro person|pro stück|je stück|pro kopf|pro nacht|pro stunde|jede weitere|jeder weitere|jedes weitere|zu je|das stück|pro kind|die stunde",
    ),
    (
        Cue::Exact,
        "genau|exakt|nur|endpreis|fest|immer|alles inklusive|voller preis|vollen preis|ausschließlich|stets",
    ),
    (
        Cue::NotCombined,
        "keine weiteren|nicht kombinierbar|kein weiterer|keinen rabatt|ohne weiteren|inklusive|ohne beschränkung|ohne einschränkung|mehr nicht|bereits enthalten|sonst nichts",
    ),
    (
        Cue::Regardless,
        "jeden alters|in jedem alter|unabhängig|egal|ob neu|oder nicht|alle|beliebig*|für alle|jedermann|gleich welche*|mo bis",
    ),
    (Cue::First, "erste*|1 . fahrt|regulär*|normalpreis|der andere|die andere|das andere|vollpreis"),
    (Cue::All, "alle|alles|allen|aller|beide|beiden|jeder|immer|sämtlich*"),
    (Cue::Not, "nicht|kein*|nie|niemand|ohne|nichts|niemals"),
    (Cue::Only, "nur|bloß|lediglich|ausschließlich|allein"),
    (Cue::And, "und|sowie"),
    (Cue::Or, "oder|beziehungsweise|bzw"),
    (
        Cue::Adjective,
        "alt*|ält*|jung*|jünger*|neu*|ehemalig*|pensioniert*|gebraucht*|groß*|klein*|einheimisch*|ausländisch*|behindert*|krank*|arbeitslos*|erfahren*|rot*|blau*|grün*|schwarz*|weiß*|frisch*|gefroren*|kalt*|warm*|heiß*|billig*|teur*|ledig*|verheiratet*|berufstätig*|aktiv*|privat*|öffentlich*|kostenlos*|italienisch*|deutsch*|französisch*|polnisch*|wild*|trocken*|geprüft*|ausgebildet*|angehend*|mutig*|glücklich*",
    ),
    (
        Cue::Vague,
        "einige*|ein paar|mehrere*|viele|manche*|etwas|gewisse*|etliche*|teil|rest|die meisten|genug|wenige|allerlei",
    ),
    (
        Cue::HowMany,
        "wie viel*|wieviel*|was koste*|was zahle*|was spare|wie lange|wie weit|wie teuer|wie hoch|anzahl|was macht das|was bezahle*",
    ),
    (Cue::Who, "wer|wem|wen|wessen"),
    (Cue::When, "wann|um wie viel uhr|an welchem tag|in welchem jahr|welches jahr"),
    (Cue::Where, "wo|wohin|woher|in welcher stadt|in welchem land"),
    (
        Cue::RelativeDate,
        "heute|morgen|übermorgen|gestern|nächste*|kommende*|diesen|diese woche|letzte woche|letzten|vorige*|in zwei wochen|am wochenende|in acht tagen|in vierzehn tagen|bis ende|alle zwei wochen|mittags|um mitternacht|vorverlegt|verschoben|vorgezogen",
    ),
    (
        Cue::Nowadays,
        "jetzt|aktuell*|derzeit*|gegenwärtig*|momentan*|neueste*|zurzeit|bisher|immer noch|kürzlich",
    ),
    (
        Cue::Superlative,
        "beste*|größte*|höchste*|älteste*|längste*|meisten|kleinste*|jüngste*|schnellste*|wichtigste*|niedrigste*|schlechteste*",
    ),
    (
        Cue::Gradable,
        "bald|genug|weit|nah|günstig|teuer|gut|schlecht|besser|schön|leicht|schwer|schnell|spät|früh|hoch|bekannt*|beliebt*|sofort",
    ),
    (
        Cue::Telling,
        "erzählt*|sagt*|gesagt|erklärt*|fragte|gefragt|schrieb|geschrieben|rief|angerufen|versprach|versprochen|traf|getroffen|sah|gesehen|half|geholfen|besuchte|besucht|warnte|gewarnt|informierte|informiert|fuhr|berichtete|berichtet|gestand|gratulierte|dankte|erinnerte|mitgeteilt|teilte|meinte|vorgestellt",
    ),
    (Cue::It, "es|das|dies|dieser|dieses|diese|sie|ihnen|dort|damit|solche*|denen"),
    (Cue::Myself, "ich|mein*|mir|mich|habe|bin|wir|unser*|uns"),
    (
        Cue::Sign,
        "schild*|tafel|aushang|zettel|etikett|plakat*|hinweis*|anzeige|schaufenster|coupon|aufkleber|steht|hängt|prospekt|flyer|speisekarte|anleitung|rezept|wegweiser|notiz|vorhersage|skala",
    ),
    (
        Cue::Attached,
        "mit dem fernglas|mit dem fernrohr|durch das|mit der kamera|auf dem hügel|auf dem dach|im garten|mit dem hut|vom balkon|auf der brücke|mit dem regenschirm",
    ),
    (
        Cue::Party,
        "zu zweit|zu dritt|personen|pärchen|familie|zweier*|wir beide|zweisitz*|für zwei|tandem|doppel*|wir zwei|meine frau und|mein mann und|zu viert|2er",
    ),
    (
        Cue::NextDay,
        "nächsten montag|nächsten dienstag|nächsten mittwoch|nächsten donnerstag|nächsten freitag|nächsten samstag|nächsten sonntag|nächsten wochenende|nächsten woche|nächste montag|nächste dienstag|nächste mittwoch|nächste donnerstag|nächste freitag|nächste samstag|nächste sonntag|nächste wochenende|nächste woche|nächstes montag|nächstes dienstag|nächstes mittwoch|nächstes donnerstag|nächstes freitag|nächstes samstag|nächstes sonntag|nächstes wochenende|nächstes woche|kommenden montag|kommenden dienstag|kommenden mittwoch|kommenden donnerstag|kommenden freitag|kommenden samstag|kommenden sonntag|kommenden wochenende|kommenden woche|kommende montag|kommende dienstag|kommende mittwoch|kommende donnerstag|kommende freitag|kommende samstag|kommende sonntag|kommende wochenende|kommende woche|kommendes montag|kommendes dienstag|kommendes mittwoch|kommendes donnerstag|kommendes freitag|kommendes samstag|kommendes sonntag|kommendes wochenende|kommendes woche|diesen montag|diesen dienstag|diesen mittwoch|diesen donnerstag|diesen freitag|diesen samstag|diesen sonntag|diesen wochenende|diesen woche|diese montag|diese dienstag|diese mittwoch|diese donnerstag|diese freitag|diese samstag|diese sonntag|diese wochenende|diese woche|dieses montag|dieses dienstag|dieses mittwoch|dieses donnerstag|dieses freitag|dieses samstag|dieses sonntag|dieses wochenende|dieses woche|vorverlegt|in acht tagen|in vierzehn tagen|alle zwei wochen|nach vorne verlegt|übernächste",
    ),
];

pub(super) const SPANISH: &[Entry] = &[
    (Cue::Half, "mitad|medio precio|media|1/2|½|doble|un tercio|un cuarto|50 %"),
    (Cue::UpTo, "hasta|como máximo|máximo|máx|no más de|a lo sumo"),
    (Cue::StartingAt, "desde|a partir de|como mínimo|al menos|mínimo|mín|por lo menos"),
    (Cue::About, "unos|unas|aproximadamente|alrededor|casi|más o menos|cerca de|sobre las"),
    (
        Cue::Except,
        "salvo|excepto|menos los|no incluid*|excluid*|exento*|no válid*|no aplica|a excepción|sin incluir|según|excluyendo|no incluye",
    ),
    (Cue::Extra, "extra|adicional*|además|otro|otra|más|también|suplementari*|encima|de regalo"),
    (Cue::Again, "otra vez|repite|repetir|de nuevo|nuevamente|segunda vez|vuelve|una vez más|segunda"),
    (
        Cue::Discount,
        "descuento*|oferta*|rebaja*|precio|dto|promoción|promo|ahorr*|cupón|bono|vale|barato|más barato|ganga|reducid*",
    ),
    (Cue::Bundle, "2 x 1|3 x 2|gratis|lleva|llévate|paga|al precio de|de regalo|dos por uno"),
    (
        Cue::Condition,
        "socio*|socia*|tarjeta|carné|miembro*|estudiantes|jubilados|residentes|titulares|con tarjeta|autorizad*|tengo derecho|me corresponde|abonados",
    ),
    (Cue::Each, "cada|todos los|todas las|respectivamente"),
    (Cue::Together, "juntos|juntas|en total|conjunto|entre todos|en grupo|entre los dos|conjuntamente"),
    (
        Cue::SameOrOther,
        "mismo|misma|mismos|mismas|distint*|diferente*|otro|otra|otros|otras|únic*|propi*|separad*|sendos|sendas",
    ),
    (
        Cue::PerUnit,
        "por persona|por cabeza|cada uno|cada una|por unidad|por noche|por hora|la unidad|cada bajada|por pareja|por niño|cada siguiente|por cada",
    ),
    (
        Cue::Exact,
        "exactamente|solo|sólo|únicamente|precio final|fijo|siempre|todo incluido|precio completo|completo|justo",
    ),
    (
        Cue::NotCombined,
        "no acumulable*|sin más descuentos|ningún otro|ninguna otra|sin descuentos|incluid*|sin excepciones|sin límite|libre|no se suma*|nada más",
    ),
    (
        Cue::Regardless,
        "cualquier*|de cualquier edad|de todas las edades|sea nuevo o no|o no|sin importar|independientemente|todo el mundo|para todos|sin distinción|de lunes a",
    ),
    (Cue::First, "primer*|precio normal|el otro|la otra|precio habitual"),
    (Cue::All, "todo*|toda*|ambos|ambas|siempre|los dos|las dos"),
    (Cue::Not, "no|nunca|nadie|ningun*|ningún|sin|nada|jamás|tampoco"),
    (Cue::Only, "solo|sólo|solamente|únicamente|exclusivamente"),
    (Cue::And, "y|e"),
    (Cue::Or, "o|u"),
    (
        Cue::Adjective,
        "antigu*|viej*|jóvenes|joven|nuev*|jubilad*|usad*|grande*|pequeñ*|local*|extranjer*|enferm*|discapacitad*|desemplead*|experimentad*|roj*|azul*|verde*|negr*|blanc*|fresc*|congelad*|frí*|caliente*|barat*|car*|solter*|casad*|activ*|privad*|públic*|gratuit*|italian*|frances*|aleman*|español*|mayor*|valiente*|feliz|felices|retirad*|titulad*|veteran*|profesional*",
    ),
    (
        Cue::Vague,
        "algun*|algún|vari*|unos cuantos|unas cuantas|much*|ciert*|poc*|bastante*|parte|resto|la mayoría|un par",
    ),
    (
        Cue::HowMany,
        "cuánt*|cuanto cuesta|qué precio|qué total|cuál es el total|número de|qué cantidad|qué cuenta",
    ),
    (Cue::Who, "quién|quiénes|de quién|a quién"),
    (Cue::When, "cuándo|a qué hora|qué día|en qué año|qué año"),
    (Cue::Where, "dónde|adónde|en qué ciudad|en qué país"),
    (
        Cue::RelativeDate,
        "hoy|mañana|ayer|pasado mañana|el próximo|la próxima|próxim*|el viernes que viene|que viene|este fin|el fin de semana|esta semana|la semana pasada|dentro de dos semanas|quincena|a finales|este mes|mediodía|medianoche|adelant*|aplaz*|retras*|este lunes|este martes|este viernes|este sábado|este domingo",
    ),
    (Cue::Nowadays, "ahora|actual*|actualmente|últim*|recient*|más reciente|todavía|aún|hasta ahora|vigente"),
    (
        Cue::Superlative,
        "mejor*|más grande|más alto|más largo|mayor|menor|peor*|más rápido|principal*|máximo|más importante|más antiguo",
    ),
    (
        Cue::Gradable,
        "pronto|suficiente*|lejos|cerca|barat*|car*|bueno*|buena*|mal*|fácil*|difícil*|rápid*|tarde|temprano|alto|famos*|popular*|enseguida|llegamos",
    ),
    (
        Cue::Telling,
        "dijo|dice|contó|preguntó|explicó|llamó|escribió|prometió|avisó|advirtió|recordó|vio|ayudó|visitó|encontró|agradeció|confesó|informó|mencionó|presentó|felicitó|comentó|admitió|fue a",
    ),
    (Cue::It, "eso|esto|ello|lo|los|las|le|les|ellos|ellas|ahí|allí|este|ese|aquel|estos|esos"),
    (Cue::Myself, "yo|mi|mis|me|mío|mía|he|tengo|soy|nos|nuestr*|estoy"),
    (
        Cue::Sign,
        "cartel*|señal*|letrero*|etiqueta*|aviso*|nota|rótulo*|pizarra|escaparate|anuncio*|folleto*|pone|dice|placa|panel|menú|receta|instrucciones|manual|pronóstico|flecha|pegatina|oferta",
    ),
    (
        Cue::Attached,
        "con el telescopio|con los prismáticos|con prismáticos|desde el balcón|en el jardín|con el paraguas|en el tejado|con la cámara|en la colina|con el sombrero",
    ),
    (
        Cue::Party,
        "para dos|a los dos|los dos|pareja|familia|dos plazas|biplaza|dos personas|nosotros dos|mi mujer y|mi marido y|los tres|tándem",
    ),
    (
        Cue::NextDay,
        "próximo lunes|próximo martes|próximo miércoles|próximo jueves|próximo viernes|próximo sábado|próximo domingo|próximo fin|próximo semana|próxima lunes|próxima martes|próxima miércoles|próxima jueves|próxima viernes|próxima sábado|próxima domingo|próxima fin|próxima semana|este lunes|este martes|este miércoles|este jueves|este viernes|este sábado|este domingo|este fin|este semana|esta lunes|esta martes|esta miércoles|esta jueves|esta viernes|esta sábado|esta domingo|esta fin|esta semana|que viene|en quince días|cada quincena|dentro de dos semanas",
    ),
];

pub(super) const FRENCH: &[Entry] = &[
    (Cue::Half, "moitié|demi*|1/2|½|double|un tiers|un quart|50 %"),
    (Cue::UpTo, "jusqu'à|jusqu’à|au maximum|maximum|max|pas plus de|au plus"),
    (Cue::StartingAt, "dès|à partir de|au moins|minimum|min|à partir du"),
    (Cue::About, "environ|à peu près|presque|autour de|près de|plus ou moins|une bonne|bien"),
    (
        Cue::Except,
        "sauf|hors|excepté|à l exception|exclu*|ne s applique pas|non valable|hormis|non compris*|sans",
    ),
    (Cue::Extra, "supplémentaire*|en plus|encore|autre|de plus|extra|additionnel*|également|offert*"),
    (Cue::Again, "encore|de nouveau|à nouveau|une autre fois|répét*|refaites|recommencez|deuxième|second*"),
    (
        Cue::Discount,
        "remise*|réduction*|prix|promo*|solde*|rabais|moins cher|offre*|bon|coupon|tarif*|réduit*",
    ),
    (
        Cue::Bundle,
        "offert*|gratuit*|achetez|acheté*|pour le prix|le deuxième|la deuxième|deux pour|trois pour",
    ),
    (
        Cue::Condition,
        "membre*|carte|adhérent*|abonné*|étudiant*|retraité*|résident*|riverains|titulaires|avec carte|ai - je droit|droit",
    ),
    (Cue::Each, "chaque|chacun|chacune|tous les|toutes les|respectivement"),
    (Cue::Together, "ensemble|au total|en tout|en commun|conjointement|en groupe"),
    (Cue::SameOrOther, "même|mêmes|différent*|autre|autres|distinct*|seul*|propre*|unique*|séparé*"),
    (
        Cue::PerUnit,
        "par personne|par tête|par nuit|par heure|l unité|la pièce|chacun|par enfant|par article|par couple|chaque tour suivant|par billet",
    ),
    (
        Cue::Exact,
        "exactement|seulement|uniquement|prix final|fixe|toujours|tout compris|plein tarif|précisément|juste",
    ),
    (
        Cue::NotCombined,
        "non cumulable*|aucune autre|sans autre|pas d autre|compris*|inclus*|sans exception|sans limite|rien de plus",
    ),
    (
        Cue::Regardless,
        "n importe quel*|de tout âge|de tous âges|quel que soit|quelle que soit|ou non|peu importe|tout le monde|pour tous|sans distinction|du lundi au",
    ),
    (Cue::First, "premier*|première*|1er|prix normal|l autre|plein tarif"),
    (Cue::All, "tous|toutes|tout|toute|toujours|les deux"),
    (Cue::Not, "ne|n|pas|jamais|personne|aucun*|sans|rien|non"),
    (Cue::Only, "seulement|uniquement|que|seul*|exclusivement"),
    (Cue::And, "et"),
    (Cue::Or, "ou"),
    (
        Cue::Adjective,
        "ancien*|vieux|vieill*|jeune*|nouveau*|nouvel*|retraité*|usagé*|grand*|petit*|loca*|étranger*|malade*|handicapé*|expérimenté*|rouge*|bleu*|vert*|noir*|blanc*|frais|fraîche*|surgelé*|froid*|chaud*|cher*|célibataire*|marié*|actif*|privé*|public*|gratuit*|italien*|français*|allemand*|âgé*|courageu*|heureu*|diplômé*|professionnel*",
    ),
    (
        Cue::Vague,
        "quelques|plusieurs|certain*|beaucoup|peu|un peu|des tas|partie|reste|la plupart|assez|divers*",
    ),
    (Cue::HowMany, "combien|quel prix|quel total|quel est le total|nombre de|quelle somme|quel montant"),
    (Cue::Who, "qui|à qui|de qui"),
    (Cue::When, "quand|à quelle heure|quel jour|en quelle année|quelle année"),
    (Cue::Where, "où|dans quelle ville|dans quel pays"),
    (
        Cue::RelativeDate,
        "aujourd'hui|demain|hier|après-demain|prochain*|ce week|cette semaine|la semaine dernière|dans deux semaines|dans quinze jours|fin du mois|ce lundi|ce vendredi|ce samedi|ce dimanche|midi|minuit|avancé*|reporté*|décalé*",
    ),
    (
        Cue::Nowadays,
        "maintenant|actuel*|actuellement|dernier*|dernière*|récent*|encore|jusqu'ici|en ce moment",
    ),
    (Cue::Superlative, "meilleur*|le plus|la plus|les plus|pire*|principal*|moindre"),
    (
        Cue::Gradable,
        "bientôt|assez|loin|près|cher|bon marché|bon|mauvais|mieux|facile*|difficile*|vite|tard|tôt|célèbre*|populaire*|à temps",
    ),
    (
        Cue::Telling,
        "dit|a dit|raconté|demandé|expliqué|appelé|écrit|promis|averti|rappelé|vu|aidé|visité|rencontré|remercié|avoué|informé|mentionné|présenté|félicité|annoncé|prévenu|téléphoné",
    ),
    (Cue::It, "ça|cela|ceci|celui|celle|ceux|ils|elles|les|leur|leurs|lui|y|en"),
    (Cue::Myself, "je|j|mon|ma|mes|moi|me|nous|notre|nos|j|m"),
    (
        Cue::Sign,
        "panneau*|pancarte*|affiche*|étiquette*|écriteau*|note|vitrine|annonce*|enseigne*|notice|recette|menu|prospectus|plaque|flèche|indique|ardoise|mot|météo",
    ),
    (
        Cue::Attached,
        "avec le télescope|avec des jumelles|avec les jumelles|sur la colline|dans le jardin|depuis le balcon|avec le parapluie|sur le toit|avec le chapeau",
    ),
    (
        Cue::Party,
        "à deux|couple|famille|deux places|biplace|deux personnes|pour deux|nous deux|ma femme et|mon mari et|tandem|à trois",
    ),
    (
        Cue::NextDay,
        "lundi prochain*|lundi suivant*|mardi prochain*|mardi suivant*|mercredi prochain*|mercredi suivant*|jeudi prochain*|jeudi suivant*|vendredi prochain*|vendredi suivant*|samedi prochain*|samedi suivant*|dimanche prochain*|dimanche suivant*|semaine prochain*|semaine suivant*|week - end prochain*|week - end suivant*|dans quinze jours|en huit|ce week - end|avancé d une|avancée d une",
    ),
];
