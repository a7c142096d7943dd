//! Errands as messages, with long prompts and texts in pieces.

use dragon_ipc::{
    MAX_TEXT_BYTES_PER_PIECE, MAX_TOKENS_PER_PIECE, ProducedPiece, PromptPiece, TextLane, ToEngine,
    TokenizePiece,
};

use crate::job::{AddSpecial, Force};
use crate::link::{Mouth, SayError};
use crate::traffic::Errand;

/// Sends everything that an errand needs, in order.
pub(crate) async fn run(mouth: &mut Mouth, errand: Errand) -> Result<(), SayError> {
    match errand {
        Errand::Cancel(generation, choice) => mouth.say(&ToEngine::Cancel { generation, choice }).await,
        Errand::Force(generation, choice, force) => {
            let Force { n_kept, tokens, n_max_tokens, closing } = force;
            let force = dragon_ipc::Force { generation, choice, n_kept, tokens, n_max_tokens, closing };
            mouth.say(&ToEngine::Force(force)).await
        }
        Errand::Ration(ration) => mouth.say(&ToEngine::Ration(ration)).await,
        Errand::Tokenize(call, text, add_special) => {
            let (lane, add_special) = (TextLane::of(text.len()), add_special == AddSpecial::Yes);
            let mut pieces = text_pieces(&text).peekable();
            while let Some(piece) = pieces.next() {
                let last = pieces.peek().is_none();
                let piece = TokenizePiece { call, lane, text: piece.to_owned(), last, add_special };
                mouth.say(&ToEngine::Tokenize(piece)).await?;
            }
            Ok(())
        }
        Errand::Start(generation, job, openings) => {
            for tokens in job.prompt.chunks(MAX_TOKENS_PER_PIECE) {
                let piece = PromptPiece { generation, tokens: tokens.to_vec() };
                mouth.say(&ToEngine::Prompt(piece)).await?;
            }
            for opening in &openings {
                for tokens in opening.produced.chunks(MAX_TOKENS_PER_PIECE) {
                    let choice = opening.choice.index;
                    let piece = ProducedPiece { generation, choice, tokens: tokens.to_vec() };
                    mouth.say(&ToEngine::Produced(piece)).await?;
                }
            }
            let choices = openings.into_iter().map(|opening| opening.choice).collect();
            mouth.say(&ToEngine::Start(job.start_message(generation, choices))).await
        }
    }
}

/// Cuts a text at character boundaries. An empty text is one empty piece, because the last piece asks for
/// the answer.
fn text_pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let (piece, more) = {
            let text = rest?;
            text.split_at(text.floor_char_boundary(MAX_TEXT_BYTES_PER_PIECE))
        };
        rest = (!more.is_empty()).then_some(more);
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_empty_text_is_one_piece() {
        assert_eq!(text_pieces("").collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn a_text_of_exactly_one_piece_is_not_followed_by_an_empty_one() {
        let text = "a".repeat(MAX_TEXT_BYTES_PER_PIECE);
        assert_eq!(text_pieces(&text).count(), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn pieces_are_short_whole_characters_and_make_up_the_text(
            start in "[a-z]{0,3}", repeated in "[ąé€😀a]{1,4}", n_times in 0_usize..60_000,
        ) {
            let text = start + &repeated.repeat(n_times);
            let pieces: Vec<_> = text_pieces(&text).collect();
            prop_assert!(pieces.iter().all(|piece| piece.len() <= MAX_TEXT_BYTES_PER_PIECE));
            prop_assert_eq!(pieces.concat(), text);
        }
    }
}
