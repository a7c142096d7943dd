//! How the next token is chosen: one typed struct from the API's edge to the engine.

/// Index into a model's vocabulary.
pub type TokenId = u32;

/// Sampling settings of one request, complete: every value is what the engine uses.
///
/// The order of operations is llama-server's: `logit_bias`, penalties, `top_k`, `top_p`, `min_p`,
/// `temperature`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// 0 is greedy; otherwise logits are divided by it. 0 to 2.
    pub temperature: f32,
    /// Keep the smallest set of tokens whose probability reaches this. 1 keeps all.
    pub top_p: f32,
    /// Keep this many tokens. 0 keeps all.
    pub top_k: u32,
    /// Keep tokens at least this fraction as probable as the most probable one. 0 keeps all.
    pub min_p: f32,
    /// Subtracted once from the logit of every token generated before.
    pub presence_penalty: f32,
    /// Subtracted from the logit of a token once per time that it was generated before.
    pub frequency_penalty: f32,
    /// Divides positive and multiplies negative logits of tokens generated before. 1 is neutral.
    pub repeat_penalty: f32,
    /// Added to the logits of these tokens.
    pub logit_bias: Vec<(TokenId, f32)>,
    /// With the choice's index and the token's position it determines every random draw.
    pub seed: u64,
    /// Never choose an end-of-generation token.
    pub ignore_eos: bool,
}

/// Values for sampling fields that a request leaves out: the model's configured defaults.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SamplingDefaults {
    /// See [`Sampling::temperature`].
    pub temperature: f32,
    /// See [`Sampling::top_p`].
    pub top_p: f32,
    /// See [`Sampling::top_k`].
    pub top_k: u32,
    /// See [`Sampling::min_p`].
    pub min_p: f32,
}

/// What the client asked for; `None` where it left a field out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SamplingRequest {
    /// See [`Sampling::temperature`].
    pub temperature: Option<f32>,
    /// See [`Sampling::top_p`].
    pub top_p: Option<f32>,
    /// See [`Sampling::top_k`].
    pub top_k: Option<u32>,
    /// See [`Sampling::min_p`].
    pub min_p: Option<f32>,
    /// See [`Sampling::presence_penalty`]; neutral when left out.
    pub presence_penalty: Option<f32>,
    /// See [`Sampling::frequency_penalty`]; neutral when left out.
    pub frequency_penalty: Option<f32>,
    /// See [`Sampling::repeat_penalty`]; neutral when left out.
    pub repeat_penalty: Option<f32>,
    /// See [`Sampling::logit_bias`].
    pub logit_bias: Vec<(TokenId, f32)>,
    /// See [`Sampling::seed`]; drawn by the server when left out.
    pub seed: Option<u64>,
    /// See [`Sampling::ignore_eos`].
    pub ignore_eos: bool,
}

// === impl SamplingDefaults ===

impl Default for SamplingDefaults {
    /// The shipped defaults.
    fn default() -> Self {
        Self { temperature: 0.7, top_p: 0.95, top_k: 40, min_p: 0.05 }
    }
}

// === impl SamplingRequest ===

impl SamplingRequest {
    /// Fills what the client left out from the model's defaults; `drawn_seed` serves where it gave no seed.
    pub fn resolve(&self, defaults: &SamplingDefaults, drawn_seed: u64) -> Sampling {
        Sampling {
            temperature: self.temperature.unwrap_or(defaults.temperature),
            top_p: self.top_p.unwrap_or(defaults.top_p),
            top_k: self.top_k.unwrap_or(defaults.top_k),
            min_p: self.min_p.unwrap_or(defaults.min_p),
            presence_penalty: self.presence_penalty.unwrap_or(0.0),
            frequency_penalty: self.frequency_penalty.unwrap_or(0.0),
            repeat_penalty: self.repeat_penalty.unwrap_or(1.0),
            logit_bias: self.logit_bias.clone(),
            seed: self.seed.unwrap_or(drawn_seed),
            ignore_eos: self.ignore_eos,
        }
    }
}
