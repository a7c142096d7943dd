//! Everything that is known of a request once it has been understood.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dragon_api::{
    AnswerHead, ApiError, Endpoint, FallbackMode, GenerateRequest, GuardMode, Input, Role,
    parse_deadline_header, parse_fallback_header, parse_guard_header,
};
use dragon_core::event::Event;
use dragon_core::label::Label;
use dragon_core::sampling::Sampling;
use dragon_guard::Language;
use dragon_guard::assessment::Assessment;
use dragon_guard::licence::Licence;
use http::HeaderMap;

use super::Call;
use super::inquiry::{Inquiry, stands_alone};
use super::lookout::Orders;
use super::speaker::Speaker;
use crate::app::Model;
use crate::deadline::{Closing, Deadline, Drain};
use crate::identity::Identity;
use crate::observe::Observer;

/// Seeds drawn here stay below 2^53, so that a client whose numbers are doubles can send them back.
const SEED_BITS: u32 = 53;

/// A request that is in order, with what the server adds to it.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) request: GenerateRequest,
    pub(super) head: AnswerHead,
    pub(super) closing: Closing,
    pub(super) identity: Identity,
    pub(super) observer: Arc<Observer>,
    /// Of the text that is answered, for words of the server's own.
    pub(super) language: Language,
    pub(super) fallback: FallbackMode,
    /// What the guard may do.
    pub(super) guard: GuardMode,
    /// What it thinks of the question; `None` where it is not to look.
    pub(super) assessment: Option<Arc<Assessment>>,
    pub(super) sampling: Sampling,
}

// === impl Ask ===

impl Ask {
    pub(super) fn new(
        endpoint: Endpoint,
        call: &Call<'_>,
        request: GenerateRequest,
        model: &Model,
        drain: Drain,
    ) -> Result<Self, ApiError> {
        let asked = header(call.headers, "x-dragon-deadline-ms", parse_deadline_header)?;
        let fallback = header(call.headers, "x-dragon-fallback", parse_fallback_header)?.unwrap_or_default();
        let guard = header(call.headers, "x-dragon-guard", parse_guard_header)?;
        check_against_model(&request, model)?;
        let maximum =
            call.identity.deadline().map_or(model.settings.deadline, |own| own.min(model.settings.deadline));
        let guard = guard.unwrap_or(model.settings.guard);
        let inquiry = Inquiry::of(&request.input);
        let language = inquiry.language;
        let assessment = (guard != GuardMode::Off).then(|| Arc::new(inquiry.assess()));
        let drawn_seed = super::draw() >> (u64::BITS - SEED_BITS);
        Ok(Self {
            sampling: request.sampling.resolve(&model.settings.sampling, drawn_seed),
            closing: Closing::new(Deadline::new(call.arrival.arrived_at, maximum, asked), drain),
            identity: call.identity.clone(),
            observer: Arc::clone(&model.observer),
            language,
            head: AnswerHead {
                endpoint,
                id: answer_id(endpoint),
                created_s: unix_time().as_secs(),
                model: request.model.clone(),
            },
            fallback,
            guard,
            assessment,
            request,
        })
    }

    /// The deadline that holds.
    pub(super) fn deadline(&self) -> Deadline {
        self.closing.deadline
    }

    /// Reports the end of its answer.
    pub(super) fn settled(&self, label: &Label, n_completion: u32) {
        self.observer.saw(Event::Settled {
            outcome: label.outcome,
            reason: label.reason,
            n_completion: if label.shared { 0 } else { n_completion },
            n_replays: label.replays,
            took: self.deadline().arrived_at.elapsed(),
        });
    }

    /// Who speaks where the model says nothing. Readings are for those who want the guard to act.
    pub(super) fn speaker(&self) -> Speaker {
        Speaker::new(self.language, self.assessment.as_ref().filter(|_| self.guard == GuardMode::On))
    }

    /// What is thought of the question, where the guard may act on it while the model answers: not on a text that is to be
    /// continued, nor where something else was said that may settle it.
    pub(super) fn acting(&self) -> Option<&Arc<Assessment>> {
        let is_question = self.guard == GuardMode::On && self.head.endpoint == Endpoint::Chat;
        self.assessment.as_ref().filter(|_| is_question && stands_alone(&self.request.input))
    }

    /// How likely the question has several answers; `None` where nobody looked.
    pub(super) fn ambiguity(&self) -> Option<f32> {
        self.assessment.as_ref().map(|assessment| assessment.ambiguity())
    }

    /// What those are told who look for loops in the answer.
    pub(super) fn orders(&self, model: &Model) -> Orders {
        Orders {
            mode: self.guard,
            licence: licence_of(&self.request.input),
            language: self.language,
            doubts: Arc::clone(&model.doubts),
            learns: self.assessment.as_ref().is_none_or(|assessment| !assessment.is_ambiguous()),
        }
    }

    /// Bytes of all that is asked.
    pub(super) fn n_bytes(&self) -> usize {
        match &self.request.input {
            Input::Chat(chat) => chat.messages.iter().map(|message| message.content.len()).sum(),
            Input::Prompts(prompts) => prompts.iter().map(String::len).sum(),
        }
    }

    /// Choices over all prompts.
    pub(super) fn n_choices(&self) -> u32 {
        n_choices(&self.request)
    }
}

/// Whether repetition is asked for: by whoever asks, or by whoever set the rules before.
fn licence_of(input: &Input) -> Licence {
    let texts: Vec<&str> = match input {
        Input::Chat(chat) => {
            let last = chat.messages.last().into_iter();
            let rules = chat.messages.iter().filter(|message| message.role == Role::System);
            rules.chain(last).map(|message| message.content.as_str()).collect()
        }
        Input::Prompts(prompts) => prompts.iter().map(String::as_str).collect(),
    };
    let licences = texts.into_iter().map(Licence::of);
    licences.max().unwrap_or(Licence::NotAsked)
}

fn n_choices(request: &GenerateRequest) -> u32 {
    n_prompts(request).saturating_mul(request.n)
}

fn n_prompts(request: &GenerateRequest) -> u32 {
    match &request.input {
        Input::Chat(_) => 1,
        Input::Prompts(prompts) => u32::try_from(prompts.len()).unwrap_or(u32::MAX),
    }
}

/// Time since 1970; 0 for a clock that is set before.
pub(super) fn unix_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn answer_id(endpoint: Endpoint) -> String {
    let prefix = match endpoint {
        Endpoint::Chat => "chatcmpl",
        Endpoint::Completions => "cmpl",
    };
    format!("{prefix}-{:016x}{:016x}", super::draw(), super::draw())
}

/// The header's value, parsed; a value that is not even text is as wrong as any other.
fn header<T>(
    headers: &HeaderMap,
    name: &'static str,
    parse: impl Fn(&str) -> Result<T, ApiError>,
) -> Result<Option<T>, ApiError> {
    headers.get(name).map(|value| parse(&String::from_utf8_lossy(value.as_bytes()))).transpose()
}

/// All choices of a request run at the same time. Where the prompts alone are too many, no `n` would help.
fn check_slots(request: &GenerateRequest, n_slots: u32) -> Result<(), ApiError> {
    let n_choices = n_choices(request);
    if n_choices <= n_slots {
        return Ok(());
    }
    let param = if n_prompts(request) > n_slots { "prompt" } else { "n" };
    let problem =
        format!("makes {n_choices} choices at once, and this model has {n_slots} slots; ask for fewer");
    Err(ApiError::invalid(param, problem))
}

/// What can only be judged with the model at hand.
fn check_against_model(request: &GenerateRequest, model: &Model) -> Result<(), ApiError> {
    check_slots(request, model.facts.n_slots)?;
    let n_vocab = model.facts.n_vocab;
    match request.sampling.logit_bias.iter().find(|(token, _)| *token >= n_vocab) {
        Some((token, _)) => Err(ApiError::invalid(
            "logit_bias",
            format!(
                "names token {token}, and the vocabulary of this model ends at {}",
                n_vocab.saturating_sub(1)
            ),
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use dragon_api::parse_completion;

    use super::check_slots;

    /// The field that is blamed for too many choices at a model of four slots.
    fn blamed(n_prompts: usize, n: u32) -> Option<String> {
        let prompts = vec!["\"a\""; n_prompts].join(",");
        let body = format!("{{\"model\": \"m\", \"prompt\": [{prompts}], \"n\": {n}}}");
        let request = parse_completion(body.as_bytes()).unwrap();
        check_slots(&request, 4).err().map(|error| error.param().unwrap_or_default().to_owned())
    }

    #[test]
    fn too_many_choices_are_blamed_on_what_has_to_become_less() {
        assert_eq!((blamed(4, 1), blamed(1, 4), blamed(2, 2)), (None, None, None));
        assert_eq!(blamed(5, 1).as_deref(), Some("prompt"));
        assert_eq!(blamed(1, 5).as_deref(), Some("n"));
        assert_eq!(blamed(3, 2).as_deref(), Some("n"));
    }
}
