//! From rendered prompts to running generations: queue place, tokens, slots, engine. All of it before the
//! deadline, or not at all.

use std::sync::Arc;

use dragon_api::{ApiError, Input, Limit};
use dragon_core::admission::{Denial, PromptSize};
use dragon_core::budget::TokenBudget;
use dragon_core::label::Reason;
use dragon_core::sampling::TokenId;
use dragon_guard::Language;
use dragon_guard::assessment::Assessment;
use dragon_guard::finish::Asked;
use dragon_guard::landing::cue;
use dragon_supervisor::{AddSpecial, Engine, EngineError, EngineState, Job};

use super::ask::Ask;
use super::foresight::Foresight;
use super::pilot::Briefing;
use super::prompt::{self, Prompt};
use super::run::{Run, Started};
use super::{Refusal, Unserved};
use crate::app::Model;
use crate::cues::{Cues, Own};
use crate::gate::{Newcomer, Place};

/// Tokens of readings that are written into an answer at most: the engine takes 512 at a time, and what closes an answer
/// needs some of them.
const MAX_OWN_TOKENS: u32 = 400;

/// A prompt in tokens, with room for its answer.
struct Fitted {
    prompt: Prompt,
    tokens: Arc<[TokenId]>,
    budget: TokenBudget,
}

/// Starts the generations of a request, one per prompt.
pub(super) async fn dispatch(ask: &Ask, model: &Model) -> Result<Run, Refusal> {
    // The place is reserved before any work is done, and given back by being dropped.
    let place = model.gate.arrive(newcomer(ask, model)).map_err(denied)?;
    let prompts = prompt::render(ask, model)?;
    let mut closing = ask.closing.clone();
    tokio::select! {
        biased;
        // Nobody waits for an engine that keeps failing.
        () = given_up(&model.engine) => Err(Unserved::from(&EngineError::Broken).into()),
        started = start(ask, model, place, prompts) => started,
        reason = closing.reached() => Err(Unserved::new(why_late(&model.engine, reason)).into()),
    }
}

/// What is known of a request before any work is done for it.
fn newcomer(ask: &Ask, model: &Model) -> Newcomer {
    let n_max = ask.request.max_tokens.or(model.settings.max_tokens).unwrap_or(model.facts.n_ctx);
    Newcomer {
        caller: ask.identity.caller,
        n_slots: ask.n_choices(),
        prompt: PromptSize::AtLeast(model.facts.n_least_tokens(ask.n_bytes())),
        n_max_tokens: n_max.min(model.facts.n_ctx),
        deadline_at: ask.deadline().at(),
    }
}

async fn start(ask: &Ask, model: &Model, mut place: Place, prompts: Vec<Prompt>) -> Result<Run, Refusal> {
    let mut fitted = Vec::with_capacity(prompts.len());
    for prompt in prompts {
        fitted.push(fit(ask, model, prompt).await?);
    }
    let n_prompt = fitted.iter().map(|fitted| count(&fitted.tokens)).fold(0, u32::saturating_add);
    place.measured(n_prompt);
    let n_max = fitted.iter().map(|fitted| fitted.budget.n_max).min().unwrap_or_default();
    let acting = ask.acting();
    let own = match acting {
        Some(assessment) => own_cue(assessment, ask.language, &model.engine, n_max).await,
        None => None,
    };
    let words = Words { cues: model.cues().await, acting, own };
    loop {
        let permit = place.granted().await.map_err(denied)?;
        match launch(ask, model, &fitted, &words) {
            Ok(started) => return Ok(Run::new(ask, model, permit, started)),
            // The engine died between the grant and the start. Nothing was lost: wait for the next one.
            Err(EngineError::Down) => drop(permit),
            Err(error) => {
                tracing::warn!(%error, model = model.settings.id, "a generation could not be started");
                return Err(Unserved::from(&error).into());
            }
        }
        until_ready(&model.engine).await?;
        let counted = Newcomer { prompt: PromptSize::Exactly(n_prompt), ..newcomer(ask, model) };
        place = model.gate.arrive(counted).map_err(denied)?;
    }
}

async fn fit(ask: &Ask, model: &Model, prompt: Prompt) -> Result<Fitted, Refusal> {
    check_bytes(ask, model, &prompt.text)?;
    let tokens = tokenize(&model.engine, &prompt.text, prompt.add_special).await?;
    if tokens.is_empty() {
        return Err(ApiError::invalid("prompt", "has no tokens; send some text").into());
    }
    let n_prompt = count(&tokens);
    let budget =
        TokenBudget::new(ask.request.max_tokens, model.settings.max_tokens, n_prompt, model.facts.n_ctx)
            .map_err(|_| too_long(ask, model, n_prompt))?;
    Ok(Fitted { prompt, tokens: tokens.into(), budget })
}

/// A text of so many bytes cannot fit, whatever its tokens are. Counting these takes seconds for a megabyte of
/// the wrong characters, and this takes none.
fn check_bytes(ask: &Ask, model: &Model, text: &str) -> Result<(), ApiError> {
    let n_least = model.facts.n_least_tokens(text.len());
    if n_least >= model.facts.n_ctx { Err(too_long(ask, model, n_least)) } else { Ok(()) }
}

fn too_long(ask: &Ask, model: &Model, n_prompt: u32) -> ApiError {
    ApiError::ContextTooLong { param: input_param(&ask.request.input), n_prompt, context: model.facts.n_ctx }
}

fn count(tokens: &[TokenId]) -> u32 {
    u32::try_from(tokens.len()).unwrap_or(u32::MAX)
}

const fn input_param(input: &Input) -> &'static str {
    match input {
        Input::Chat(_) => "messages",
        Input::Prompts(_) => "prompt",
    }
}

/// Tokenizes, waiting for an engine that is being restarted.
async fn tokenize(engine: &Engine, text: &str, add_special: AddSpecial) -> Result<Vec<TokenId>, Unserved> {
    loop {
        match engine.tokenize(text, add_special).await {
            Ok(tokens) => return Ok(tokens),
            Err(EngineError::Down) => until_ready(engine).await?,
            Err(error) => return Err(Unserved::from(&error)),
        }
    }
}

/// An engine that is given up is [`given_up`]'s business.
async fn until_ready(engine: &Engine) -> Result<(), Unserved> {
    let mut states = engine.watch();
    let reached =
        states.wait_for(|state| matches!(state, EngineState::Ready(_) | EngineState::Stopped)).await;
    match reached.as_deref() {
        Ok(EngineState::Ready(_)) => Ok(()),
        _ => Err(Unserved::new(Reason::Shutdown)),
    }
}

/// Ends when the engine has failed so often that nobody is to wait for it, if ever.
async fn given_up(engine: &Engine) {
    let mut states = engine.watch();
    if states.wait_for(|state| matches!(state, EngineState::Broken { .. })).await.is_err() {
        std::future::pending().await
    }
}

/// One generation for each prompt, or none: those already started are cancelled by being dropped.
fn launch(
    ask: &Ask,
    model: &Model,
    fitted: &[Fitted],
    words: &Words<'_>,
) -> Result<Vec<Started>, EngineError> {
    fitted
        .iter()
        .map(|fitted| {
            let generation = model.engine.generate(Job {
                prompt: Arc::clone(&fitted.tokens),
                n_choices: ask.request.n,
                sampling: ask.sampling.clone(),
                n_max_tokens: fitted.budget.n_max,
                n_top_logprobs: ask.request.top_logprobs,
                answer_by: ask.closing.at().0.into_std(),
            })?;
            let n_prompt_tokens = count(&fitted.tokens);
            Ok(Started {
                generation,
                briefing: briefing(ask, model, words, n_prompt_tokens, fitted.budget.n_max),
                foresight: foresight(ask, model, n_prompt_tokens, fitted.budget.n_max),
                budget: fitted.budget,
                thinking: fitted.prompt.thinking,
                n_prompt_tokens,
            })
        })
        .collect()
}

/// What may be written into the answers of a request.
struct Words<'a> {
    /// `None` for an engine that cannot be made to write anything.
    cues: Option<Arc<Cues>>,
    /// What is thought of the question, where the guard may act on it.
    acting: Option<&'a Arc<Assessment>>,
    own: Option<Arc<Own>>,
}

/// What an ambiguous question may mean, in the model's tokens. Where the engine cannot say what they are, the usual words
/// do.
///
/// All that is open where it takes no more than half of the answer's `n_max` tokens, or else the first of it.
async fn own_cue(
    assessment: &Assessment,
    language: Language,
    engine: &Engine,
    n_max: u32,
) -> Option<Arc<Own>> {
    for text in assessment.own_cues(language) {
        let tokens = engine.tokenize(&text, AddSpecial::No).await.ok()?;
        if count(&tokens) <= (n_max / 2).min(MAX_OWN_TOKENS) {
            return Some(Arc::new(Own { text, tokens }));
        }
    }
    None
}

/// What it takes to bring an answer to its end in time; `None` where the engine cannot.
fn briefing(
    ask: &Ask,
    model: &Model,
    words: &Words<'_>,
    n_prompt_tokens: u32,
    n_max: u32,
) -> Option<Briefing> {
    let tempo = model.engine.tempo();
    let acting = words.acting;
    let n_clear = || model.lengths.lock().predict(Asked { n_prompt_tokens, ambiguity: 0.0 }, n_max).high;
    Some(Briefing {
        cues: Arc::clone(words.cues.as_ref()?),
        language: ask.language,
        cue: acting.map_or_else(|| cue::cue(ask.language), |assessment| assessment.cue(ask.language)),
        own: words.own.clone(),
        n_budget: acting.and_then(|assessment| assessment.n_budget(n_clear())),
        stops: ask.request.stop.clone(),
        step: tempo.token_gap().unwrap_or_default(),
        prefill_per_token: tempo.prefill_per_token().unwrap_or_default(),
        n_useful: model.settings.useful_tokens,
        n_max,
        allowed: ask.deadline().allowed,
    })
}

/// What is expected of the answers to a prompt. Where nobody looks at it, nothing is learnt from them either.
fn foresight(ask: &Ask, model: &Model, n_prompt_tokens: u32, n_max: u32) -> Option<Foresight> {
    let ambiguity = ask.ambiguity()?;
    Some(Foresight::new(model, Asked { n_prompt_tokens, ambiguity }, n_max))
}

/// Late because the engine is gone, or because there is too much to do.
pub(super) fn why_late(engine: &Engine, by_clock: Reason) -> Reason {
    match engine.state() {
        EngineState::Ready(_) => by_clock,
        EngineState::Starting
        | EngineState::Ending
        | EngineState::Down { .. }
        | EngineState::Broken { .. } => Reason::EngineDown,
        EngineState::Stopped => Reason::Shutdown,
    }
}

fn denied(denial: Denial) -> Refusal {
    let reason = match denial {
        // A limit that was set for this client, not the load of the moment.
        Denial::OwnQueueFull { max } => return ApiError::LimitReached(Limit::Waiting { max }).into(),
        Denial::QueueFull { .. } | Denial::Displaced => Reason::Busy,
        // Others come first: later there may be room.
        Denial::WillNotStart { .. } => Reason::Busy,
        // Alone it would take too long as well: asking again as it is would not help.
        Denial::WillNotFit { .. } | Denial::Expired => Reason::Deadline,
        Denial::Closed => Reason::Shutdown,
    };
    Unserved { reason, detail: Some(denial.to_string()) }.into()
}
