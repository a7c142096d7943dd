//! Given names, and words for relatives and roles.

use super::people::Gender::{self, Feminine, Masculine, Unknown};
use crate::Language;

/// Given names in lower case that are common where our languages are spoken. Some are names of both; they stand with
/// those that most bear them.
pub(super) const NAMES: &[(Gender, &str)] = &[
    (
        Feminine,
        "anna anne ann maria mary marie julia julie laura emma emily sarah sara lisa kate katie katherine catherine \
         karen linda susan nancy betty helen sandra donna carol ruth sharon michelle jessica jennifer amy angela melissa \
         rebecca rachel hannah olivia sophia sophie isabella mia ella grace alice lucy lily chloe claire clara eva eve \
         nora nina nadia vera irene diana jane janet joan judy judith martha megan molly paula patricia peggy phoebe \
         rose rosa ruby samantha stella tina tracy wendy zoe amanda barbara elizabeth eleanor fiona gloria heather holly \
         jill kelly kim kimberly brenda mandy mindy faye carla haley pam tammy vanessa bridget beth jenny maggie cindy \
         joanna ewa ewy katarzyna kasia małgorzata gosia agnieszka krystyna zofia zosia magdalena magda monika marta \
         beata dorota jadwiga hanna hania ola aleksandra basia iwona renata teresa grażyna halina danuta urszula ula \
         justyna kinga weronika wiktoria natalia karolina paulina patrycja sylwia izabela iza joasia asia ania kamila \
         alicja emilia lena maja oliwia zuzanna edyta bożena ela elżbieta gabriela klara \
         sabine petra heike birgit ursula monica gisela renate ingrid helga brigitte katrin kathrin anja silke stefanie \
         nicole claudia susanne christine martina andrea gabriele angelika karin elke ute bettina antje lena leonie \
         johanna greta frieda charlotte annika franziska lea mila heidi erika jana melanie tanja \
         lucía carmen josefa isabel ana dolores pilar teresa rosario cristina elena raquel sofía sofia paula alba \
         beatriz rocío silvia patricia mónica irene nuria inés julia clara alicia marina natalia esther mercedes \
         andrea lola juana luisa ángela victoria daniela valeria adriana gabriela camila \
         camille léa manon chloé inès jade louise juliette margaux pauline mathilde nathalie isabelle sylvie françoise \
         monique jacqueline valérie céline aurélie élodie hélène amélie brigitte véronique sandrine lucie \
         由美 花子 恵子 直美 美咲 陽子 裕子 真由美 久美子 美穂 彩 さくら 智子 幸子 小丽 小红 小芳 小美 丽丽 李娜 王芳 张丽 小雨 小燕",
    ),
    (
        Masculine,
        "john james robert michael william david richard joseph thomas charles christopher daniel matthew anthony mark \
         donald steven steve paul andrew joshua kenneth kevin brian george edward ronald timothy jason jeffrey ryan \
         jacob gary nicholas eric jonathan stephen larry justin scott brandon benjamin samuel sam gregory frank \
         alexander alex raymond patrick jack dennis jerry tyler aaron jose adam nathan henry douglas zachary peter kyle \
         walter ethan jeremy harold keith christian roger noah gerald carl terry sean austin arthur lawrence jesse dylan \
         bryan joe jordan billy bruce albert willie gabriel logan alan juan wayne roy ralph randy eugene vincent russell \
         louis bobby philip johnny victor tom tim jim bob bill dave mike nick ben dan matt max oliver oscar leo liam \
         lucas simon martin hugo ivan felix harry fred ed jake luke marcus neil stuart ian colin derek leon owen \
         marek marka tomek tomka tomasz piotr piotrek paweł pawła jan janek krzysztof krzysiek andrzej stanisław staszek \
         michał michała marcin jakub kuba adam łukasz grzegorz wojciech wojtek mateusz dariusz darek mariusz zbigniew \
         jerzy rafał robert jacek jacka kamil szymon maciej maciek dawid bartek bartosz sebastian filip antoni antek \
         franciszek franek jarek jarosław karol kacper dominik damian artur roman henryk ryszard rysiek zenek konrad \
         jonas felix lukas hans peter wolfgang klaus jürgen dieter manfred uwe günter horst bernd werner heinz gerhard \
         helmut stefan andreas thomas frank ralf matthias torsten sven jörg markus tobias florian sebastian philipp tim \
         jan niklas finn paul ben moritz johannes karl kurt otto emil anton friedrich georg rolf holger dirk \
         carlos andrés josé antonio manuel francisco javier miguel ángel alejandro pablo sergio fernando jorge alberto \
         luis álvaro diego adrián raúl enrique ramón vicente jaime ignacio pedro rafael joaquín iván rubén óscar \
         santiago mateo tomás emilio gonzalo marcos julio jesús ricardo esteban \
         pierre jean michel alain philippe andré bernard jacques rené gérard christophe nicolas julien olivier sébastien \
         laurent françois luc mathieu antoine guillaume thierry hugo théo lucas louis jules arthur gabriel raphaël \
         étienne marc rémi gilles yves \
         太郎 健 健太 一郎 次郎 翔太 大輔 拓也 直樹 浩 誠 学 小明 小刚 小强 小军 小华 李明 王强 张伟 刘洋 小李 小王 小张 老王 老李 老张 小刘 小陈 小赵 大伟 志强 建国",
    ),
    (
        Unknown,
        "田中 佐藤 鈴木 高橋 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林さん 清水 斎藤 石川 森さん 池田 前田 藤田 岡田 李老师 王老师 张老师 张医生 李医生",
    ),
];

/// Words for relatives and roles. A `*` stands for any ending.
pub(super) const ROLES: &[(Language, Gender, &str)] = &[
    (
        Language::English,
        Feminine,
        "sister mother mom mum daughter aunt wife girlfriend grandmother niece woman girl lady waitress actress queen bride hostess mrs ms",
    ),
    (
        Language::English,
        Masculine,
        "brother father dad son uncle husband boyfriend grandfather nephew man boy waiter actor king groom mr",
    ),
    (
        Language::English,
        Unknown,
        "doctor teacher nurse lawyer boss manager neighbour neighbor friend colleague customer driver coach student patient client guide secretary engineer cousin director professor chef cook assistant pilot landlord tenant",
    ),
    (
        Language::Polish,
        Feminine,
        "siostr* matk* mam* córk* cór* ciotk* żon* babci* kobiet* dziewczyn* pani nauczycielk* sąsiadk* koleżank* przyjaciółk* szefow* lekark* kuzynk* klientk* studentk* sekretark* mamie",
    ),
    (
        Language::Polish,
        Masculine,
        "brat brata bratem bratu ojc* ojciec tata taty syn syna synem synowi wujek wujk* mąż męża mężem mężowi dziad* mężczyzn* chłop* pan nauczyciel nauczyciela nauczycielem nauczycielowi sąsiad sąsiada sąsiadem sąsiadowi kolega kolegi kolegą koledze przyjaciel przyjaciela przyjacielem przyjacielowi szef szefa szefem szefowi lekarz lekarza lekarzem lekarzowi kuzyn kuzyna kuzynem klient klienta klientem klientowi student studenta trener trenera trenerem trenerowi kierownik kierownika dyrektor dyrektora dyrektorem dyrektorowi",
    ),
    (
        Language::German,
        Feminine,
        "schwester mutter tochter tante frau freundin oma großmutter nichte kollegin chefin nachbarin lehrerin ärztin kundin trainerin cousine studentin",
    ),
    (
        Language::German,
        Masculine,
        "bruder vater sohn onkel mann freund opa großvater neffe kollege kollegen chef nachbar nachbarn lehrer arzt kunde kunden trainer cousin student herr",
    ),
    (
        Language::Spanish,
        Feminine,
        "hermana madre hija tía esposa mujer novia abuela sobrina amiga vecina jefa profesora médica compañera clienta prima maestra entrenadora",
    ),
    (
        Language::Spanish,
        Masculine,
        "hermano padre hijo tío esposo marido novio abuelo sobrino amigo vecino jefe profesor médico compañero cliente primo maestro entrenador",
    ),
    (
        Language::French,
        Feminine,
        "sœur soeur mère fille tante femme copine amie grand-mère nièce voisine collègue patronne professeure cliente cousine",
    ),
    (
        Language::French,
        Masculine,
        "frère père fils oncle mari copain ami neveu voisin patron professeur médecin client cousin chef entraîneur directeur",
    ),
    (Language::Japanese, Feminine, "母 姉 妹 妻 娘 祖母 叔母 お母さん お姉さん 奥さん 女性"),
    (Language::Japanese, Masculine, "父 兄 弟 夫 息子 祖父 叔父 お父さん お兄さん ご主人 男性"),
    (
        Language::Japanese,
        Unknown,
        "友達 友人 先生 店長 部長 課長 同僚 医者 社長 先輩 後輩 隣人 客 監督 上司 部下 先方",
    ),
    (Language::Chinese, Feminine, "妈妈 母亲 姐姐 妹妹 妻子 女儿 奶奶 阿姨 女朋友 女士 小姐 姑姑"),
    (Language::Chinese, Masculine, "爸爸 父亲 哥哥 弟弟 丈夫 儿子 爷爷 叔叔 男朋友 先生"),
    (Language::Chinese, Unknown, "老师 朋友 同事 经理 医生 邻居 老板 教练 同学 客人 客户 律师 司机 秘书"),
];
