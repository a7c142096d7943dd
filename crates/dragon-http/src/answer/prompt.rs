//! From a request's input to the text that the model continues.

use dragon_api::{ApiError, ChatInput, Input, Role};
use dragon_core::text::Thinking;
use dragon_supervisor::AddSpecial;
use dragon_template::{ChatTemplate, RenderOptions, TemplateError, TemplateMessage, opens_thinking};

use super::ask::{Ask, unix_time};
use crate::app::Model;

/// Text to continue, and how to read what comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prompt {
    pub(super) text: String,
    pub(super) add_special: AddSpecial,
    pub(super) thinking: Thinking,
}

/// One prompt for a chat, one per prompt for a completion.
pub(super) fn render(ask: &Ask, model: &Model) -> Result<Vec<Prompt>, ApiError> {
    match &ask.request.input {
        Input::Chat(chat) => {
            let template = model.settings.template.as_ref();
            let no_template = || ApiError::NoChatTemplate { model: model.settings.id.clone() };
            Ok(vec![render_chat(chat, template.ok_or_else(no_template)?)?])
        }
        Input::Prompts(prompts) => Ok(prompts.iter().map(|text| plain(text)).collect()),
    }
}

fn plain(text: &str) -> Prompt {
    Prompt { text: text.to_owned(), add_special: AddSpecial::Yes, thinking: Thinking::None }
}

fn render_chat(chat: &ChatInput, template: &ChatTemplate) -> Result<Prompt, ApiError> {
    check_template_knows(chat, template)?;
    let messages: Vec<_> = chat
        .messages
        .iter()
        .map(|message| TemplateMessage { role: role_word(message.role), content: &message.content })
        .collect();
    let options = RenderOptions {
        kwargs: &chat.template_kwargs,
        reasoning_effort: chat.reasoning_effort.as_deref(),
        now_s: unix_time().as_secs(),
    };
    let text = template.render(&messages, options).map_err(|error| not_rendered(&error))?;
    let thinking = thinking_of(template, &text);
    Ok(Prompt { text, add_special: AddSpecial::No, thinking })
}

/// All but one of the renderer's errors come from the messages.
fn not_rendered(error: &TemplateError) -> ApiError {
    match error {
        TemplateError::ReservedVariable { name } => ApiError::invalid(
            format!("chat_template_kwargs.{name}"),
            "cannot be set: the chat template gets it from the server",
        ),
        error => ApiError::invalid("messages", format!("could not be rendered: {error}")),
    }
}

fn check_template_knows(chat: &ChatInput, template: &ChatTemplate) -> Result<(), ApiError> {
    const REMEDY: &str = "the chat template of this model does not know it; leave it out";
    if let Some(name) = chat.template_kwargs.keys().find(|name| !template.knows(name)) {
        return Err(ApiError::unsupported(format!("chat_template_kwargs.{name}"), REMEDY));
    }
    if chat.reasoning_effort.is_some() && !template.knows("reasoning_effort") {
        return Err(ApiError::unsupported("reasoning_effort", REMEDY));
    }
    Ok(())
}

fn thinking_of(template: &ChatTemplate, rendered: &str) -> Thinking {
    match template.thinking() {
        dragon_template::Thinking::Unknown => Thinking::None,
        dragon_template::Thinking::Tags if opens_thinking(rendered) => Thinking::IsOpen,
        dragon_template::Thinking::Tags => Thinking::MayOpen,
    }
}

const fn role_word(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}
