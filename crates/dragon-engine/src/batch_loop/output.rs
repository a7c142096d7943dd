//! Reports of steps, in frames that are never too long.

use std::time::Duration;

use dragon_ipc::{DecodeCall, FromEngine, MAX_FRAME_BYTES, Output, Step, TokenLogprobs, TopLogprob};

use super::BatchLoop;
use crate::compute::Compute;
use crate::sampler::Logprobs;

/// Outputs of one frame take at most this many bytes by our estimate, which is above the true size; one output
/// is far smaller than the difference to the frame's limit.
const MAX_OUTPUT_BYTES: usize = MAX_FRAME_BYTES / 2;

/// Upper bound on the bytes of an output's numbers in a frame: three varints of at most 10 bytes, floats, tags.
const OUTPUT_OVERHEAD_BYTES: usize = 64;

/// Upper bound on the bytes of an alternative's numbers in a frame.
const TOP_OVERHEAD_BYTES: usize = 24;

// === impl BatchLoop ===

impl<C: Compute> BatchLoop<C> {
    /// Reports what a call produced; a call that produced nothing is seen in the heartbeat only. A step with more
    /// than fits one frame is reported in several messages of the same number.
    pub(super) fn send_step(&self, step: u64, decode: Option<DecodeCall>, outputs: Vec<Output>) {
        for outputs in in_frames(outputs) {
            self.outbox.send(FromEngine::Step(Step { step, outputs, decode }));
        }
    }
}

/// A decode call as it is reported.
pub(super) fn decode_call(n_rows: usize, took: Duration) -> Option<DecodeCall> {
    let n_rows = u32::try_from(n_rows).unwrap_or(u32::MAX);
    Some(DecodeCall { n_rows, took_us: u32::try_from(took.as_micros()).unwrap_or(u32::MAX) })
}

/// Adds the bytes of each token.
pub(super) fn with_pieces<C: Compute>(logprobs: Logprobs, compute: &C) -> TokenLogprobs {
    let top = logprobs.top.into_iter();
    TokenLogprobs {
        logprob: logprobs.chosen,
        top: top.map(|(token, logprob)| TopLogprob { token, logprob, piece: compute.piece(token) }).collect(),
    }
}

fn in_frames(outputs: Vec<Output>) -> Vec<Vec<Output>> {
    let mut frames: Vec<Vec<Output>> = Vec::new();
    let mut n_bytes = 0;
    for output in outputs {
        let n_output = output_bytes(&output);
        match frames.last_mut() {
            Some(frame) if n_bytes + n_output <= MAX_OUTPUT_BYTES => {
                frame.push(output);
                n_bytes += n_output;
            }
            _ => {
                frames.push(vec![output]);
                n_bytes = n_output;
            }
        }
    }
    frames
}

fn output_bytes(output: &Output) -> usize {
    let top = output.logprobs.iter().flat_map(|logprobs| &logprobs.top);
    let n_top: usize = top.map(|top| TOP_OVERHEAD_BYTES + top.piece.len()).sum();
    OUTPUT_OVERHEAD_BYTES + output.piece.len() + n_top
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_step_is_cut_into_frames_that_can_be_sent() {
        let top = vec![TopLogprob { token: u32::MAX, logprob: -1.5, piece: vec![b'x'; 64] }; 20];
        let output = Output {
            generation: u64::MAX,
            choice: u32::MAX,
            token: u32::MAX,
            piece: vec![b'x'; 64],
            logprobs: Some(TokenLogprobs { logprob: -1.0, top }),
            end: None,
        };
        let frames = in_frames(vec![output; 256]);
        assert!(frames.len() > 1);
        assert_eq!(frames.iter().map(Vec::len).sum::<usize>(), 256);
        for outputs in frames {
            let n_estimated: usize = outputs.iter().map(output_bytes).sum();
            let frame = dragon_ipc::encode(&FromEngine::Step(Step {
                step: u64::MAX,
                outputs,
                decode: decode_call(usize::MAX, Duration::MAX),
            }))
            .unwrap();
            assert!(frame.len() <= n_estimated + OUTPUT_OVERHEAD_BYTES);
        }
    }

    #[test]
    fn nothing_makes_no_frame() {
        assert!(in_frames(Vec::new()).is_empty());
    }
}
