//! The texts themselves.

use super::Cause;
use crate::Language;

/// The texts of one language.
pub(super) struct Texts {
    busy: &'static str,
    deadline: &'static str,
    engine_down: &'static str,
    quarantined: &'static str,
    shutdown: &'static str,
    ambiguous: &'static str,
    no_text: &'static str,
}

// === impl Texts ===

impl Texts {
    pub(super) const fn of(&self, cause: Cause) -> &'static str {
        match cause {
            Cause::Busy => self.busy,
            Cause::Deadline => self.deadline,
            Cause::EngineDown => self.engine_down,
            Cause::Quarantined => self.quarantined,
            Cause::Shutdown => self.shutdown,
            Cause::Ambiguous => self.ambiguous,
            Cause::NoText => self.no_text,
        }
    }
}

pub(super) const fn of(language: Language) -> &'static Texts {
    match language {
        Language::English => &ENGLISH,
        Language::Polish => &POLISH,
        Language::German => &GERMAN,
        Language::Spanish => &SPANISH,
        Language::French => &FRENCH,
        Language::Japanese => &JAPANESE,
        Language::Chinese => &CHINESE,
    }
}

const ENGLISH: Texts = Texts {
    busy: "This is not the model's answer: the server has as many requests as it can take. Please ask again in a \
           moment.",
    deadline: "This is not the model's answer: it had said nothing when the deadline came. Please ask again, or allow \
               more time.",
    engine_down: "This is not the model's answer: its engine stopped and is being restarted. Please ask again in a \
                  moment.",
    quarantined: "This is not the model's answer: this request has broken the engine before and is not tried again \
                  for a while. Please change it.",
    shutdown: "This is not the model's answer: the server is stopping. Please ask again when it is back.",
    ambiguous: "This is not the model's answer: as it stands, the question can be understood in more than one way. \
                Please say which you mean.",
    no_text: "This is not the model's answer: the model ended without a word. Please ask again in other words.",
};

const POLISH: Texts = Texts {
    busy: "To nie jest odpowiedź modelu: serwer ma tyle zapytań, ile może przyjąć. Proszę spróbować ponownie za chwilę.",
    deadline: "To nie jest odpowiedź modelu: przed upływem terminu nie powiedział on jeszcze nic. Proszę zapytać \
               ponownie lub dać więcej czasu.",
    engine_down: "To nie jest odpowiedź modelu: jego silnik się zatrzymał i jest uruchamiany ponownie. Proszę zapytać \
                  znowu za chwilę.",
    quarantined: "To nie jest odpowiedź modelu: to zapytanie już wcześniej zepsuło silnik i przez pewien czas nie \
                  będzie próbowane. Proszę je zmienić.",
    shutdown: "To nie jest odpowiedź modelu: serwer kończy pracę. Proszę zapytać ponownie, gdy wróci.",
    ambiguous: "To nie jest odpowiedź modelu: to pytanie można rozumieć na kilka sposobów. Proszę napisać, o który \
                chodzi.",
    no_text: "To nie jest odpowiedź modelu: model zakończył bez słowa. Proszę zapytać inaczej.",
};

const GERMAN: Texts = Texts {
    busy: "Dies ist nicht die Antwort des Modells: Der Server hat so viele Anfragen, wie er annehmen kann. Bitte \
           fragen Sie gleich noch einmal.",
    deadline: "Dies ist nicht die Antwort des Modells: Bis zum Ende der Frist hatte es noch nichts gesagt. Bitte \
               fragen Sie noch einmal oder geben Sie mehr Zeit.",
    engine_down: "Dies ist nicht die Antwort des Modells: Sein Rechenprozess ist ausgefallen und wird neu gestartet. \
                  Bitte fragen Sie gleich noch einmal.",
    quarantined: "Dies ist nicht die Antwort des Modells: Diese Anfrage hat den Rechenprozess schon einmal zum \
                  Absturz gebracht und wird eine Zeit lang nicht wiederholt. Bitte ändern Sie sie.",
    shutdown: "Dies ist nicht die Antwort des Modells: Der Server wird beendet. Bitte fragen Sie, wenn er wieder da \
               ist.",
    ambiguous: "Dies ist nicht die Antwort des Modells: Die Frage lässt sich so auf mehr als eine Weise verstehen. \
                Bitte sagen Sie, welche gemeint ist.",
    no_text: "Dies ist nicht die Antwort des Modells: Es hat ohne ein Wort geendet. Bitte fragen Sie mit anderen \
              Worten.",
};

const SPANISH: Texts = Texts {
    busy: "Esta no es la respuesta del modelo: el servidor tiene tantas peticiones como puede aceptar. Por favor, \
           pregunte de nuevo en un momento.",
    deadline: "Esta no es la respuesta del modelo: al llegar el plazo aún no había dicho nada. Por favor, pregunte de \
               nuevo o dé más tiempo.",
    engine_down: "Esta no es la respuesta del modelo: su motor se ha detenido y se está reiniciando. Por favor, \
                  pregunte de nuevo en un momento.",
    quarantined: "Esta no es la respuesta del modelo: esta petición ya ha hecho fallar el motor y no se repetirá por \
                  un tiempo. Por favor, cámbiela.",
    shutdown: "Esta no es la respuesta del modelo: el servidor se está cerrando. Por favor, pregunte cuando vuelva.",
    ambiguous: "Esta no es la respuesta del modelo: la pregunta se puede entender de más de una manera. Por favor, \
                diga a cuál se refiere.",
    no_text: "Esta no es la respuesta del modelo: el modelo terminó sin decir nada. Por favor, pregunte de otra forma.",
};

const FRENCH: Texts = Texts {
    busy: "Ceci n'est pas la réponse du modèle : le serveur a autant de demandes qu'il peut en prendre. Veuillez \
           redemander dans un instant.",
    deadline: "Ceci n'est pas la réponse du modèle : il n'avait encore rien dit à la fin du délai. Veuillez redemander \
               ou laisser plus de temps.",
    engine_down: "Ceci n'est pas la réponse du modèle : son moteur s'est arrêté et redémarre. Veuillez redemander dans \
                  un instant.",
    quarantined: "Ceci n'est pas la réponse du modèle : cette demande a déjà fait tomber le moteur et n'est plus \
                  essayée pour un temps. Veuillez la modifier.",
    shutdown: "Ceci n'est pas la réponse du modèle : le serveur s'arrête. Veuillez redemander quand il sera de retour.",
    ambiguous: "Ceci n'est pas la réponse du modèle : la question peut se comprendre de plusieurs façons. Veuillez \
                dire laquelle est la bonne.",
    no_text: "Ceci n'est pas la réponse du modèle : il a fini sans dire un mot. Veuillez poser la question autrement.",
};

const JAPANESE: Texts = Texts {
    busy: "これはモデルの回答ではありません。サーバーは受け付けられる数のリクエストで一杯です。少し待ってからもう一度お試しください。",
    deadline: "これはモデルの回答ではありません。期限までにモデルの文章が間に合いませんでした。もう一度試すか、時間を延ばしてください。",
    engine_down: "これはモデルの回答ではありません。モデルのエンジンが停止し、再起動しています。少し待ってからもう一度お試しください。",
    quarantined: "これはモデルの回答ではありません。このリクエストは以前エンジンを停止させたため、しばらく実行されません。内容を変えてください。",
    shutdown: "これはモデルの回答ではありません。サーバーは終了するところです。再開してからもう一度お試しください。",
    ambiguous: "これはモデルの回答ではありません。この質問は二通り以上に読めます。どの意味かを書いてください。",
    no_text: "これはモデルの回答ではありません。モデルは何も言わずに終わりました。別の言い方でお試しください。",
};

const CHINESE: Texts = Texts {
    busy: "这不是模型的回答。服务器的请求已经达到上限,请稍后再试。",
    deadline: "这不是模型的回答。到截止时间为止模型还没有写出任何内容,请再试一次,或者给更多时间。",
    engine_down: "这不是模型的回答。模型的引擎已停止,正在重新启动,请稍后再试。",
    quarantined: "这不是模型的回答。这个请求曾经使引擎崩溃,暂时不再执行,请修改后再试。",
    shutdown: "这不是模型的回答。服务器正在关闭,请在它恢复后再试。",
    ambiguous: "这不是模型的回答。这个问题可以有不止一种理解,请说明您指的是哪一种。",
    no_text: "这不是模型的回答。模型没有写出任何内容就结束了,请换一种说法再试。",
};
