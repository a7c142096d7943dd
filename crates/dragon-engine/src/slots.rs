//! Which sequence ids are taken, and by what.

use crate::llama::SeqId;

/// A fixed number of places, each empty or holding a `T`.
#[derive(Debug, Clone)]
pub(crate) struct Slots<T> {
    places: Vec<Option<T>>,
    n_busy: usize,
}

// === impl Slots ===

impl<T> Slots<T> {
    /// All empty.
    pub(crate) fn new(n_slots: u32) -> Self {
        Self { places: (0..n_slots).map(|_| None).collect(), n_busy: 0 }
    }

    /// Places that are taken.
    pub(crate) fn n_busy(&self) -> usize {
        self.n_busy
    }

    /// Places that are free.
    pub(crate) fn n_free(&self) -> usize {
        self.places.len() - self.n_busy
    }

    /// Puts `value` into a free place. Says whether it was free.
    pub(crate) fn take(&mut self, seq: SeqId, value: T) -> bool {
        let Some(place) = self.places.get_mut(seq as usize).filter(|place| place.is_none()) else {
            return false;
        };
        *place = Some(value);
        self.n_busy += 1;
        true
    }

    /// Empties a place and returns what was in it.
    pub(crate) fn free(&mut self, seq: SeqId) -> Option<T> {
        let value = self.places.get_mut(seq as usize)?.take()?;
        self.n_busy -= 1;
        Some(value)
    }

    /// What is in a place.
    pub(crate) fn get(&self, seq: SeqId) -> Option<&T> {
        self.places.get(seq as usize)?.as_ref()
    }

    /// [`Slots::get`], to change it.
    pub(crate) fn get_mut(&mut self, seq: SeqId) -> Option<&mut T> {
        self.places.get_mut(seq as usize)?.as_mut()
    }

    /// The lowest free place from `seq` on.
    pub(crate) fn first_free_from(&self, seq: SeqId) -> Option<SeqId> {
        let mut places = (0..).zip(&self.places).skip(seq as usize);
        places.find(|(_, place)| place.is_none()).map(|(seq, _)| seq)
    }

    /// The highest free place below `seq`.
    pub(crate) fn last_free_below(&self, seq: SeqId) -> Option<SeqId> {
        let places = (0..seq).zip(&self.places);
        places.filter(|(_, place)| place.is_none()).map(|(seq, _)| seq).last()
    }

    /// Takes what is in one place to another, free one. Says whether it did.
    pub(crate) fn relocate(&mut self, from: SeqId, to: SeqId) -> bool {
        let is_free = self.places.get(to as usize).is_some_and(Option::is_none);
        let Some(value) = self.places.get_mut(from as usize).filter(|_| is_free).and_then(Option::take)
        else {
            return false;
        };
        if let Some(place) = self.places.get_mut(to as usize) {
            *place = Some(value);
        }
        true
    }

    /// Everything, in the order of ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (SeqId, &T)> {
        (0..).zip(&self.places).filter_map(|(seq, place)| Some((seq, place.as_ref()?)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn behaves_like_a_map(
            operations in prop::collection::vec((0..3_u8, 0_u32..6, 0_u32..6), 0..100),
        ) {
            let mut slots = Slots::new(5);
            let mut model = BTreeMap::new();
            for (value, (operation, seq, to)) in operations.into_iter().enumerate() {
                if operation == 0 {
                    let is_free = seq < 5 && !model.contains_key(&seq);
                    prop_assert_eq!(slots.take(seq, value), is_free);
                    if is_free {
                        model.insert(seq, value);
                    }
                } else if operation == 1 {
                    prop_assert_eq!(slots.free(seq), model.remove(&seq));
                } else {
                    let moves = model.contains_key(&seq) && !model.contains_key(&to) && to < 5;
                    prop_assert_eq!(slots.relocate(seq, to), moves);
                    if moves && let Some(value) = model.remove(&seq) {
                        model.insert(to, value);
                    }
                }
                prop_assert_eq!(slots.first_free_from(to), (to..5).find(|seq| !model.contains_key(seq)));
                prop_assert_eq!(slots.last_free_below(to), (0..to.min(5)).rfind(|seq| !model.contains_key(seq)));
                prop_assert_eq!(slots.n_busy(), model.len());
                prop_assert_eq!(slots.n_free(), 5 - model.len());
                let held: Vec<_> = slots.iter().map(|(seq, value)| (seq, *value)).collect();
                prop_assert_eq!(held, model.clone().into_iter().collect::<Vec<_>>());
            }
        }
    }
}
