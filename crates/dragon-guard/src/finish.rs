//! How many tokens an answer will take, learnt from a model's own answers.
//!
//! Lengths of answers are heavy-tailed, even of one prompt: a mean says little, so shares are predicted ("nine answers of
//! ten end by here"). Answers that were cut say only that they would have been longer. Both follow from one count per step
//! of length: how many answers reached it, and how many ended there (Kaplan and Meier). What a kind of prompt has shown too
//! rarely is filled up from all prompts of like length, then from all prompts, then from a guess.

/// What is known of a request before it starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    /// Tokens of the prompt.
    pub n_prompt_tokens: u32,
    /// The ambiguity score, 0 to 1; anything else counts as 0.
    pub ambiguity: f32,
}

/// How an answer came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The model ended it.
    ByItself,
    /// Something else did: a limit, a deadline, a client that left.
    Cut,
}

/// Tokens that an answer will take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prediction {
    /// Every other answer ends by here.
    pub median: u32,
    /// Nine of ten end by here.
    pub high: u32,
}

/// What one model's answers have shown. Of a fixed size.
#[derive(Debug, Clone)]
pub struct Finish {
    all: Cell,
    by_length: [Cell; N_PROMPT_STEPS],
    by_both: [[Cell; N_AMBIGUITY_STEPS]; N_PROMPT_STEPS],
}

/// Steps of the length of prompts: up to 32 tokens, 128, 512, 2,048, more.
const N_PROMPT_STEPS: usize = 5;

/// Steps of the ambiguity score, of a quarter each.
const N_AMBIGUITY_STEPS: usize = 4;

/// Steps of the length of answers: two for each doubling, up to some 65,000 tokens.
const N_STEPS: usize = 32;

/// Answers after which the older half counts half: some hundred are enough to know, and traffic changes.
const MAX_REMEMBERED: f32 = 512.0;

/// As many answers of its own a kind of prompt needs to count as much as what is known of all others.
const PRIOR: f32 = 8.0;

/// Of the answers that reach a step, the share that ends there, before anything is known.
const GUESS: f32 = 0.12;

/// Counts of one kind of prompt.
#[derive(Debug, Clone)]
struct Cell {
    /// Answers that ended by themselves in this step.
    ended: [f32; N_STEPS],
    /// Answers that were cut in this step.
    cut: [f32; N_STEPS],
    n_answers: f32,
}

/// For each step, the share that ends there of those that reach it.
type Shares = [f32; N_STEPS];

// === impl Finish ===

impl Finish {
    /// Nothing seen yet.
    pub const fn new() -> Self {
        Self {
            all: Cell::EMPTY,
            by_length: [const { Cell::EMPTY }; N_PROMPT_STEPS],
            by_both: [const { [const { Cell::EMPTY }; N_AMBIGUITY_STEPS] }; N_PROMPT_STEPS],
        }
    }

    /// Learns from an answer of `n_tokens`.
    pub fn observe(&mut self, asked: Asked, n_tokens: u32, ended: Ended) {
        let (prompt, ambiguity) = asked.steps();
        for cell in [&mut self.all, &mut self.by_length[prompt], &mut self.by_both[prompt][ambiguity]] {
            cell.observe(step(n_tokens), ended);
        }
    }

    /// How long the answer will be, at most `max_tokens`.
    pub fn predict(&self, asked: Asked, max_tokens: u32) -> Prediction {
        let (prompt, ambiguity) = asked.steps();
        let cells = [&self.all, &self.by_length[prompt], &self.by_both[prompt][ambiguity]];
        let shares = cells.into_iter().fold([GUESS; N_STEPS], |shares, cell| cell.shares(&shares));
        let by = |share: f32| length_by(&shares, share).min(max_tokens);
        Prediction { median: by(0.5), high: by(0.9) }
    }
}

impl Default for Finish {
    fn default() -> Self {
        Self::new()
    }
}

// === impl Asked ===

impl Asked {
    const fn steps(self) -> (usize, usize) {
        let prompt = match self.n_prompt_tokens {
            0..=32 => 0,
            33..=128 => 1,
            129..=512 => 2,
            513..=2048 => 3,
            _ => 4,
        };
        let ambiguity = match self.ambiguity {
            x if x >= 0.75 => 3,
            x if x >= 0.5 => 2,
            x if x >= 0.25 => 1,
            _ => 0,
        };
        (prompt, ambiguity)
    }
}

// === impl Cell ===

impl Cell {
    const EMPTY: Self = Self { ended: [0.0; N_STEPS], cut: [0.0; N_STEPS], n_answers: 0.0 };

    fn observe(&mut self, step: usize, ended: Ended) {
        let counts = match ended {
            Ended::ByItself => &mut self.ended,
            Ended::Cut => &mut self.cut,
        };
        counts[step] += 1.0;
        self.n_answers += 1.0;
        if self.n_answers >= MAX_REMEMBERED {
            self.ended.iter_mut().chain(&mut self.cut).for_each(|count| *count /= 2.0);
            self.n_answers /= 2.0;
        }
    }

    /// The shares that end in each step, filled up from `prior`.
    fn shares(&self, prior: &Shares) -> Shares {
        let mut shares = *prior;
        let mut n_reached = self.n_answers;
        for (share, (ended, cut)) in shares.iter_mut().zip(self.ended.iter().zip(&self.cut)) {
            // An answer that was cut within a step may have ended within it, too: it counts as half there.
            let at_risk = (n_reached - cut / 2.0).max(*ended);
            *share = (ended + PRIOR * *share) / (at_risk + PRIOR);
            n_reached -= ended + cut;
        }
        shares
    }
}

/// The step of a length: two for each doubling.
const fn step(n_tokens: u32) -> usize {
    let Some(doublings) = n_tokens.checked_ilog2() else { return 0 };
    let is_upper_half = doublings > 0 && n_tokens >> (doublings - 1) & 1 == 1;
    let step = 2 * doublings as usize + if is_upper_half { 1 } else { 0 };
    if step < N_STEPS { step } else { N_STEPS - 1 }
}

/// The longest length of a step.
const fn end_of(step: usize) -> u32 {
    let low = 1_u32 << (step / 2);
    let half = low / 2;
    if step.is_multiple_of(2) { low + half.saturating_sub(1) } else { 2 * low - 1 }
}

/// The length by which this share of all answers has ended.
fn length_by(shares: &Shares, share: f32) -> u32 {
    let mut left = 1.0;
    for (step, ends) in shares.iter().enumerate() {
        left *= 1.0 - ends;
        if left <= 1.0 - share {
            return end_of(step);
        }
    }
    end_of(N_STEPS - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: Asked = Asked { n_prompt_tokens: 40, ambiguity: 0.1 };
    const PUZZLE: Asked = Asked { n_prompt_tokens: 40, ambiguity: 0.9 };
    const NO_LIMIT: u32 = u32::MAX;

    fn seen(lengths: &[u32], ended: Ended) -> Finish {
        let mut finish = Finish::new();
        lengths.iter().for_each(|length| finish.observe(PLAIN, *length, ended));
        finish
    }

    #[test]
    fn steps_hold_the_lengths_that_they_say() {
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 7, 8].map(step), [0, 0, 2, 3, 4, 4, 5, 5, 6]);
        for n_tokens in 1..70_000 {
            let at = step(n_tokens);
            assert!(n_tokens <= end_of(at) || at == N_STEPS - 1, "{n_tokens} {at}");
            assert!(at == 0 || n_tokens > end_of(at - 1), "{n_tokens} {at}");
        }
    }

    #[test]
    fn nothing_seen_is_some_guess() {
        let guess = Finish::new().predict(PLAIN, NO_LIMIT);
        assert!((4..2_000).contains(&guess.median) && guess.high > guess.median, "{guess:?}");
    }

    #[test]
    fn what_ends_at_one_length_is_predicted_there() {
        for length in [3, 60, 700, 9_000] {
            let predicted = seen(&vec![length; 200], Ended::ByItself).predict(PLAIN, NO_LIMIT);
            let slack = length / 2 + 1;
            assert!(predicted.median.abs_diff(length) <= slack, "{length} {predicted:?}");
        }
    }

    #[test]
    fn puzzles_are_told_from_plain_prompts_once_both_were_seen() {
        let mut finish = seen(&[50; 60], Ended::ByItself);
        (0..60).for_each(|_| finish.observe(PUZZLE, 4_000, Ended::ByItself));
        let [plain, puzzle] = [PLAIN, PUZZLE].map(|asked| finish.predict(asked, NO_LIMIT));
        assert!(plain.median < 100 && puzzle.median > 1_000, "{plain:?} {puzzle:?}");
        // A kind that was never seen is guessed from the others.
        let other = finish.predict(Asked { n_prompt_tokens: 40, ambiguity: 0.6 }, NO_LIMIT);
        assert!((plain.median..=puzzle.median).contains(&other.median), "{other:?}");
    }

    #[test]
    fn answers_that_were_all_cut_are_known_to_be_longer() {
        let cut = seen(&[100; 100], Ended::Cut).predict(PLAIN, NO_LIMIT);
        let ended = seen(&[100; 100], Ended::ByItself).predict(PLAIN, NO_LIMIT);
        assert!(cut.median > 2 * ended.median, "{cut:?} {ended:?}");
    }

    #[test]
    fn old_traffic_is_forgotten() {
        let mut finish = seen(&[4_000; 3_000], Ended::ByItself);
        (0..2_000).for_each(|_| finish.observe(PLAIN, 30, Ended::ByItself));
        assert!(finish.predict(PLAIN, NO_LIMIT).high < 100);
    }

    fn any_asked() -> impl Strategy<Value = Asked> {
        (any::<u32>(), prop_oneof![any::<f32>(), 0.0_f32..1.0])
            .prop_map(|(n_prompt_tokens, ambiguity)| Asked { n_prompt_tokens, ambiguity })
    }

    fn any_ended() -> impl Strategy<Value = Ended> {
        prop_oneof![Just(Ended::ByItself), Just(Ended::Cut)]
    }

    proptest! {
        #[test]
        fn predictions_are_in_order_within_the_limit_and_counts_bounded(
            answers in prop::collection::vec((any_asked(), any::<u32>(), any_ended()), 0..2_000),
            asked in any_asked(),
            max_tokens in any::<u32>(),
        ) {
            let mut finish = Finish::new();
            answers.iter().for_each(|(asked, n_tokens, ended)| finish.observe(*asked, *n_tokens, *ended));
            let Prediction { median, high } = finish.predict(asked, max_tokens);
            prop_assert!(median <= high && high <= max_tokens);
            prop_assert!(finish.all.n_answers < MAX_REMEMBERED);
            let n_counted: f32 = finish.all.ended.iter().chain(&finish.all.cut).sum();
            prop_assert!((n_counted - finish.all.n_answers).abs() < 0.5);
        }

        #[test]
        fn longer_answers_never_predict_shorter_ones(
            answers in prop::collection::vec((1_u32..2_000, any_ended()), 1..200),
            factor in 2_u32..16,
        ) {
            let of = |factor: u32| {
                let mut finish = Finish::new();
                answers.iter().for_each(|(n_tokens, ended)| finish.observe(PLAIN, n_tokens * factor, *ended));
                finish.predict(PLAIN, NO_LIMIT)
            };
            let (short, long) = (of(1), of(factor));
            prop_assert!(short.median <= long.median && short.high <= long.high, "{:?} {:?}", short, long);
        }

        #[test]
        fn an_answer_that_was_cut_never_predicts_shorter_ones(
            lengths in prop::collection::vec(1_u32..20_000, 1..200),
            cut_at in 1_u32..20_000,
        ) {
            let mut finish = seen(&lengths, Ended::ByItself);
            let before = finish.predict(PLAIN, NO_LIMIT);
            finish.observe(PLAIN, cut_at, Ended::Cut);
            let after = finish.predict(PLAIN, NO_LIMIT);
            prop_assert!(before.median <= after.median && before.high <= after.high, "{:?} {:?}", before, after);
        }
    }
}
