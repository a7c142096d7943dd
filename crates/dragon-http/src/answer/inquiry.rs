//! What of a request is the question.

use dragon_api::{Input, Role};
use dragon_guard::Language;
use dragon_guard::assessment::Assessment;
use dragon_guard::readings::narrows_answers;

/// The question, and what surrounds it.
#[derive(Debug)]
pub(super) struct Inquiry<'a> {
    /// The last thing that a user says, or the first prompt.
    pub(super) question: &'a str,
    pub(super) language: Language,
}

// === impl Inquiry ===

impl<'a> Inquiry<'a> {
    pub(super) fn of(input: &'a Input) -> Self {
        let question = match input {
            Input::Chat(chat) => {
                let of_user = chat.messages.iter().rev().find(|message| message.role == Role::User);
                of_user.or(chat.messages.last()).map(|message| message.content.as_str())
            }
            Input::Prompts(prompts) => prompts.first().map(String::as_str),
        };
        let question = question.unwrap_or_default();
        Self { question, language: Language::of(question) }
    }

    pub(super) fn assess(&self) -> Assessment {
        Assessment::of(self.question, self.language)
    }
}

/// Whether a request has nothing but its question: no other prompt, no turn before it, and no rules for what answers look
/// like.
pub(super) fn stands_alone(input: &Input) -> bool {
    match input {
        Input::Chat(chat) => {
            let is_rule = |role: &Role| *role == Role::System;
            let mut others = chat.messages.iter().filter(|message| !is_rule(&message.role));
            let is_only_turn =
                others.next().is_some_and(|first| first.role == Role::User) && others.next().is_none();
            let mut rules = chat.messages.iter().filter(|message| is_rule(&message.role));
            is_only_turn && !rules.any(|rule| narrows_answers(&rule.content))
        }
        Input::Prompts(prompts) => prompts.len() == 1,
    }
}

#[cfg(test)]
mod tests {
    use dragon_api::parse_chat;

    use super::*;

    const PUZZLE: &str = "A sign says \"1/2 price re-rides - go again for $6*\". What do two of us pay?";

    /// Of turns with a role and a text each.
    fn alone(turns: &[(&str, &str)]) -> bool {
        let turn = |(role, text): &(&str, &str)| format!("{{\"role\": {role:?}, \"content\": {text:?}}}");
        let messages: Vec<String> = turns.iter().map(turn).collect();
        let body = format!("{{\"model\": \"m\", \"messages\": [{}]}}", messages.join(","));
        stands_alone(&parse_chat(body.as_bytes()).unwrap().input)
    }

    #[test]
    fn what_was_said_before_or_rules_for_answers_may_settle_a_question() {
        assert!(alone(&[("user", PUZZLE)]));
        assert!(alone(&[("system", "You are a helpful assistant."), ("user", PUZZLE)]));
        for rule in [
            "Reply with the amount only.",
            "Odpowiadaj tylko kwotą.",
            "Nur YAML.",
            "JSON",
            "金額だけ書いてください。",
        ] {
            assert!(!alone(&[("system", rule), ("user", PUZZLE)]), "{rule}");
        }
        let before = ("user", "The asterisk means per boat.");
        assert!(!alone(&[before, ("assistant", "Good."), ("user", PUZZLE)]));
        assert!(!alone(&[before, ("user", PUZZLE)]));
    }
}
