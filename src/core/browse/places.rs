//! Where each row belongs: in which departments a person is and will be, which department a row is about.

use std::collections::HashMap;

use super::tree::BranchKey;
use crate::core::plan::{Change, DepartmentRef, FieldValue};
use crate::core::planner::PlanInput;
use crate::core::target::DepartmentId;

/// What is known of people's places besides the plan.
pub(super) struct Places<'a> {
    of_user: HashMap<&'a str, &'a [DepartmentId]>,
    of_account: HashMap<&'a str, Vec<&'a str>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(input: &PlanInput<'a>) -> Self {
        let users = &input.target.users;
        let accounts = &input.source.accounts;
        Self {
            of_user: users.iter().map(|user| (user.id.0.as_str(), user.departments.as_slice())).collect(),
            of_account: accounts
                .iter()
                .map(|account| {
                    let units = account.units.iter().map(|membership| membership.unit.0.as_str());
                    (account.id.as_str(), units.collect())
                })
                .collect(),
        }
    }

    /// The places of a person, the one to show first: where the plan puts them, else where they are, else where
    /// their units would put them. Places they leave come last.
    pub(super) fn of(&self, change: &Change) -> Vec<BranchKey> {
        let lists = change.fields.iter().find(|field| field.field.as_str() == "dept_id_list");
        if let Some(lists) = lists {
            return keys(&lists.after).chain(keys(&lists.before)).collect();
        }
        let there = change.target_id.as_deref().and_then(|id| self.of_user.get(id));
        if let Some(there) = there {
            return there.iter().map(|id| BranchKey::Department(*id)).collect();
        }
        let units = change.source_id.as_deref().and_then(|id| self.of_account.get(id));
        units.into_iter().flatten().map(|unit| BranchKey::Unit((*unit).to_owned())).collect()
    }
}

fn keys(value: &FieldValue) -> impl Iterator<Item = BranchKey> + '_ {
    let list = match value {
        FieldValue::List(list) => list.as_slice(),
        FieldValue::Empty(()) | FieldValue::Text(_) => &[],
    };
    list.iter().filter_map(|text| key(text))
}

/// The branch of a department reference.
pub(super) fn key(text: &str) -> Option<BranchKey> {
    match DepartmentRef::try_from(text.to_owned()).ok()? {
        DepartmentRef::Existing(id) => Some(BranchKey::Department(id)),
        DepartmentRef::New(unit) => Some(BranchKey::Unit(unit.0)),
    }
}
