//! What the engine program measured, from the lines of JSON that it prints.

use serde_json::Value;

use super::Mix;

/// Speed and memory of one way of computing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measured {
    /// Of the process that measured, in bytes.
    pub(crate) memory_bytes: u64,
    /// Prompt tokens per second.
    pub(crate) prefill_tok_s: f64,
    /// Tokens per second by batch.
    pub(crate) decode_tok_s: Vec<(u32, f64)>,
    /// Time for the stated mix: all prompts one after the other, then all answers together.
    pub(crate) mix_seconds: f64,
}

/// How far one way of computing is from the original.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Divergence {
    pub(crate) mean_kl_nats: f64,
    pub(crate) equal_top: f64,
}

/// Understands what `bench` printed; `None` where something is missing.
pub(crate) fn measured(lines: &[String], mix: Mix) -> Option<Measured> {
    let of = |kind: &str| values(lines, kind).into_iter().next();
    let decode = values(lines, "decode");
    Some(Measured {
        memory_bytes: of("load")?.get("memory_bytes")?.as_u64()?,
        prefill_tok_s: of("prefill")?.get("tok_s")?.as_f64()?,
        decode_tok_s: decode.iter().filter_map(decode_speed).collect(),
        mix_seconds: mix_seconds(lines, mix)?,
    })
}

/// The time for a mix, from the speeds of prefill and of decoding its batch.
pub(crate) fn mix_seconds(lines: &[String], mix: Mix) -> Option<f64> {
    let prefill = values(lines, "prefill").first()?.get("tok_s")?.as_f64().filter(|speed| *speed > 0.0)?;
    let decode =
        values(lines, "decode").iter().filter_map(decode_speed).find(|(batch, _)| *batch == mix.n_parallel);
    let (_, decode) = decode.filter(|(_, speed)| *speed > 0.0)?;
    let (n_prompt, n_new) = (f64::from(mix.n_parallel * mix.n_prompt), f64::from(mix.n_parallel * mix.n_new));
    Some(n_prompt / prefill + n_new / decode)
}

/// Understands what `compare` printed.
pub(crate) fn divergence(lines: &[String]) -> Option<Divergence> {
    let value = values(lines, "divergence").into_iter().next()?;
    Some(Divergence {
        mean_kl_nats: value.get("mean_kl_nats")?.as_f64()?,
        equal_top: value.get("equal_top")?.as_f64()?,
    })
}

fn values(lines: &[String], kind: &str) -> Vec<Value> {
    let parsed = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    parsed.filter(|value| value.get("kind").and_then(Value::as_str) == Some(kind)).collect()
}

fn decode_speed(value: &Value) -> Option<(u32, f64)> {
    let batch = u32::try_from(value.get("batch")?.as_u64()?).ok()?;
    Some((batch, value.get("tok_s")?.as_f64()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<String> {
        [
            r#"{"kind":"load","load_ms":3,"memory_bytes":1000,"threads":2}"#,
            r#"{"kind":"prefill","n_tokens":256,"chunk":64,"tok_s":1024.0}"#,
            r#"{"kind":"decode","batch":1,"tok_s":100.0}"#,
            r#"{"kind":"decode","batch":8,"tok_s":256.0}"#,
            r#"{"kind":"divergence","n_tokens":9,"mean_kl_nats":0.004,"equal_top":0.95}"#,
        ]
        .map(str::to_owned)
        .to_vec()
    }

    #[test]
    fn the_mix_is_its_prompts_and_its_answers() {
        let measured = measured(&lines(), Mix::default()).unwrap();
        assert_eq!(measured.mix_seconds, 2.0 + 4.0);
        assert_eq!(measured.decode_tok_s, [(1, 100.0), (8, 256.0)]);
        assert_eq!(divergence(&lines()), Some(Divergence { mean_kl_nats: 0.004, equal_top: 0.95 }));
    }

    #[test]
    fn a_result_that_is_not_whole_is_none() {
        assert_eq!(measured(&lines()[..2], Mix::default()), None);
        assert_eq!(mix_seconds(&lines(), Mix { n_parallel: 3, ..Mix::default() }), None);
        assert_eq!(divergence(&["not json".to_owned()]), None);
    }
}
