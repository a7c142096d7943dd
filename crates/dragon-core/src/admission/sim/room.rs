//! The rules of the full queue: who has to make room for whom.

use super::super::{Arrival, Caller};
use super::referee::{Foul, Referee, State, foul_unless};

impl Referee {
    /// Someone was turned away at a full queue: nobody has more than that one would have in another's place.
    pub(super) fn check_nobody_had_to_make_room(&self, arrival: &Arrival) -> Result<(), Foul> {
        let own = arrival.caller;
        for other in self.requests.values().filter(|request| request.state == State::Waiting) {
            let other = other.arrival.caller;
            let (own_part, others_part) = if other.payer == own.payer {
                (self.n_of_client(&own) + 1, self.n_of_client(&other) - 1)
            } else {
                // Crosswise instead of divided: integers have no rounding.
                let n_own = (self.n_of_payer(&own) + 1) * thousandths(&other);
                (n_own, (self.n_of_payer(&other) - 1) * thousandths(&own))
            };
            foul_unless(
                (other.payer, other.client) == (own.payer, own.client) || own_part > others_part,
                || format!("{:?} is turned away beside {other:?}: {own_part}, {others_part}", arrival.ticket),
            )?;
        }
        Ok(())
    }

    /// Someone had to make room: it was its client's newest, and not its payer's only one.
    pub(super) fn check_displacement(&self, arrival: &Arrival) -> Result<(), Foul> {
        let own = arrival.caller;
        let n_newer = self.n_waiting(|it| is_client(&it.caller, &own) && it.ticket > arrival.ticket);
        foul_unless(n_newer == 0, || format!("{:?} made room, and {n_newer} newer stay", arrival.ticket))?;
        let n_left = self.n_of_payer(&own);
        foul_unless(n_left > 0, || format!("{:?} made room and was its payer's only one", arrival.ticket))
    }

    fn n_of_payer(&self, caller: &Caller) -> usize {
        self.n_waiting(|it| it.caller.payer == caller.payer)
    }

    fn n_of_client(&self, caller: &Caller) -> usize {
        self.n_waiting(|it| is_client(&it.caller, caller))
    }
}

fn is_client(one: &Caller, other: &Caller) -> bool {
    (one.payer, one.client) == (other.payer, other.client)
}

fn thousandths(caller: &Caller) -> usize {
    usize::try_from(caller.weight.thousandths().get()).unwrap()
}
