//! Logistic regression on sparse features, by coordinate descent in the dual.
//!
//! Yu, Huang, Lin: "Dual coordinate descent methods for logistic regression and maximum entropy models" (2011). Each
//! example has one dual variable between 0 and its cost. It is held by its logit here, so that it cannot leave that range
//! and its best value is the root of a function that only rises.

use super::random::Random;

/// One example.
#[derive(Debug, Clone)]
pub(super) struct Example {
    /// Places and values, each place once.
    pub(super) features: Vec<(u32, f32)>,
    pub(super) is_positive: bool,
    /// How much a mistake on it costs: the C of the literature.
    pub(super) cost: f64,
}

/// Passes over the data.
const N_PASSES: usize = 30;

/// Steps of Newton's method for one variable; three nearly always suffice.
const N_STEPS: usize = 6;

/// Where dual variables start: near zero, in logits.
const START: f64 = -4.0;

/// Weights for `n_features` places that minimise half their squared length and the costs of all mistakes.
pub(super) fn fit(examples: &[Example], n_features: usize, seed: u64) -> Vec<f64> {
    let mut weights = vec![0.0; n_features];
    let mut logits: Vec<f64> = vec![START; examples.len()];
    for (example, logit) in examples.iter().zip(&logits) {
        add(&mut weights, example, sign(example) * example.cost * sigmoid(*logit));
    }
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut random = Random::new(seed);
    for _ in 0..N_PASSES {
        random.shuffle(&mut order);
        for at in &order {
            let (example, logit) = (&examples[*at], &mut logits[*at]);
            let squared: f64 = example.features.iter().map(|(_, value)| f64::from(*value).powi(2)).sum();
            let margin = sign(example) * dot(&weights, example);
            let before = example.cost * sigmoid(*logit);
            *logit = best(*logit, example.cost, squared, margin, before);
            add(&mut weights, example, sign(example) * (example.cost * sigmoid(*logit) - before));
        }
    }
    weights
}

/// The root of t + squared * (cost * sigmoid(t) - before) + margin, which rises with t at least as fast as t does.
fn best(start: f64, cost: f64, squared: f64, margin: f64, before: f64) -> f64 {
    let mut logit = start;
    // Whatever the middle term, between these two lies the root.
    let (mut low, mut high) = (-margin - squared * (cost - before), -margin + squared * before);
    for _ in 0..N_STEPS {
        let share = sigmoid(logit);
        let value = logit + squared * (cost * share - before) + margin;
        if value > 0.0 {
            high = high.min(logit)
        } else {
            low = low.max(logit)
        }
        let newton = logit - value / (1.0 + squared * cost * share * (1.0 - share));
        logit = if newton >= low && newton <= high { newton } else { f64::midpoint(low, high) };
    }
    logit
}

fn sign(example: &Example) -> f64 {
    if example.is_positive { 1.0 } else { -1.0 }
}

fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

fn dot(weights: &[f64], example: &Example) -> f64 {
    example.features.iter().map(|(place, value)| weights[*place as usize] * f64::from(*value)).sum()
}

fn add(weights: &mut [f64], example: &Example, step: f64) {
    for (place, value) in &example.features {
        weights[*place as usize] += step * f64::from(*value);
    }
}

/// The weighted sum of an example's features.
pub(super) fn sum(weights: &[f64], features: &[(u32, f32)]) -> f64 {
    features.iter().map(|(place, value)| weights[*place as usize] * f64::from(*value)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_of_the_primal_is_zero_at_the_solution() {
        let mut random = Random::new(7);
        let mut value = || (random.below(2001) as f32 - 1000.0) / 1000.0;
        let mut examples = Vec::new();
        for n in 0..60 {
            let features = vec![(0, value()), (1, value()), (2, 1.0)];
            examples.push(Example { features, is_positive: n % 3 == 0, cost: 1.5 });
        }
        let weights = fit(&examples, 3, 1);
        for place in 0..3_u32 {
            let pull: f64 = examples
                .iter()
                .map(|example| {
                    let margin = sign(example) * dot(&weights, example);
                    let of_place = f64::from(example.features[place as usize].1);
                    -example.cost * sign(example) * of_place * sigmoid(-margin)
                })
                .sum();
            assert!(
                (weights[place as usize] + pull).abs() < 1e-3,
                "place {place}: {} {pull}",
                weights[place as usize]
            );
        }
    }
}
