//! Answers in one piece.

use dragon_core::label::Label;
use serde_json::{Value, json};

use crate::label::label_object;
use crate::logprobs;
use crate::response::{AnswerHead, ChoiceAnswer, Endpoint, Usage};

// === impl AnswerHead ===

impl AnswerHead {
    /// The whole answer; `choices` in the order of their indices.
    pub fn whole(&self, choices: &[ChoiceAnswer], usage: &Usage, label: &Label) -> Vec<u8> {
        let choices: Vec<Value> =
            choices.iter().enumerate().map(|(index, choice)| self.whole_choice(index, choice)).collect();
        let document = json!({
            "id": self.id,
            "object": self.endpoint.whole_object(),
            "created": self.created_s,
            "model": self.model,
            "choices": choices,
            "usage": usage_object(usage),
            "dragon": label_object(label),
        });
        document.to_string().into_bytes()
    }

    fn whole_choice(&self, index: usize, choice: &ChoiceAnswer) -> Value {
        let logprobs = choice.logprobs.as_deref();
        match self.endpoint {
            Endpoint::Chat => json!({
                "index": index,
                "message": message(choice),
                "logprobs": logprobs.map(logprobs::chat),
                "finish_reason": choice.finish.as_str(),
            }),
            Endpoint::Completions => json!({
                "index": index,
                "text": choice.text,
                "logprobs": logprobs.map(|tokens| logprobs::completions(tokens, 0)),
                "finish_reason": choice.finish.as_str(),
            }),
        }
    }
}

fn message(choice: &ChoiceAnswer) -> Value {
    let mut message = json!({ "role": "assistant", "content": choice.text, "refusal": null });
    if let Some(reasoning) = &choice.reasoning {
        message["reasoning_content"] = json!(reasoning);
    }
    message
}

// === impl Endpoint ===

impl Endpoint {
    const fn whole_object(self) -> &'static str {
        match self {
            Self::Chat => "chat.completion",
            Self::Completions => "text_completion",
        }
    }
}

/// `usage`, with the details of both sides.
pub(crate) fn usage_object(usage: &Usage) -> Value {
    json!({
        "prompt_tokens": usage.n_prompt,
        "completion_tokens": usage.n_completion,
        "total_tokens": u64::from(usage.n_prompt) + u64::from(usage.n_completion),
        "prompt_tokens_details": { "cached_tokens": usage.n_cached },
        "completion_tokens_details": { "reasoning_tokens": usage.n_reasoning },
    })
}
