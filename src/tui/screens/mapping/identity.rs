//! The mapping identity: fields that recognise the same person, in order.

use crate::core::profile::IdentityField;
use crate::tui::keys::Action;
use crate::tui::widgets::scroll::Scroll;

/// The open list.
#[derive(Debug, Clone, Default)]
pub(super) struct Choosing {
    /// The chosen line.
    pub(super) scroll: Scroll,
}

impl Choosing {
    /// The lines: the fields in use in their order, then the others.
    pub(super) fn lines(identity: &[IdentityField]) -> Vec<IdentityField> {
        let others = IdentityField::ALL.into_iter().filter(|field| !identity.contains(field));
        identity.iter().copied().chain(others).collect()
    }

    /// Takes a field in or out, or moves it earlier or later. Answers the identity as it is then; the cursor stays on
    /// the field.
    pub(super) fn act(&mut self, action: Action, identity: &[IdentityField]) -> Vec<IdentityField> {
        let mut changed = identity.to_vec();
        let Some(field) = Self::lines(identity).get(self.scroll.chosen).copied() else { return changed };
        let place = identity.iter().position(|other| *other == field);
        match (action, place) {
            (Action::Toggle, Some(place)) => drop(changed.remove(place)),
            (Action::Toggle, None) => changed.push(field),
            (Action::Left, Some(place)) if place > 0 => changed.swap(place, place - 1),
            (Action::Right, Some(place)) if place + 1 < changed.len() => changed.swap(place, place + 1),
            (Action::Left | Action::Right, _) => {}
            (action, _) => {
                self.scroll.act(action, IdentityField::ALL.len(), 4);
                return changed;
            }
        }
        let line = Self::lines(&changed).iter().position(|other| *other == field);
        self.scroll.chosen = line.unwrap_or(0);
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use IdentityField::{Email, JobNumber, Mobile};

    #[test]
    fn fields_are_taken_in_last_and_moved_one_place() {
        let mut choosing = Choosing::default();
        let mut identity = vec![Mobile];
        choosing.scroll.chosen = 1;
        identity = choosing.act(Action::Toggle, &identity);
        assert_eq!(identity, [Mobile, Email]);
        identity = choosing.act(Action::Left, &identity);
        assert_eq!((identity.as_slice(), choosing.scroll.chosen), ([Email, Mobile].as_slice(), 0));
        choosing.scroll.chosen = 2;
        identity = choosing.act(Action::Toggle, &identity);
        assert_eq!(identity, [Email, Mobile, JobNumber]);
        choosing.scroll.chosen = 0;
        identity = choosing.act(Action::Toggle, &identity);
        assert_eq!(identity, [Mobile, JobNumber]);
    }
}
