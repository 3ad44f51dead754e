//! A listing read page by page and proved complete: one `TotalCount` on every page, every row once, as many as said
//! (reference `faults.md` section 2).

use std::collections::HashSet;

use futures::stream::{self, StreamExt, TryStreamExt};
use serde::de::DeserializeOwned;

use super::call::Caller;
use super::trouble::Trouble;
use super::wire::Page;
use crate::core::error::{Error, ErrorKind};

const PAGE_SIZE: u64 = 100;
/// Pages asked for at once; the lane sets the pace.
const WIDTH: usize = 32;

/// Why a walk proved nothing.
enum Unproved {
    Trouble(Trouble),
    Incomplete(String),
}

/// Every row of a listing; restarted once when the proof fails.
pub(super) async fn walk<P>(
    caller: &Caller,
    action: &'static str,
    filter: &[(&str, &str)],
    id: fn(&P::Row) -> &str,
) -> Result<Vec<P::Row>, Error>
where
    P: Page + DeserializeOwned + Send,
    P::Row: Send,
{
    let mut reason = String::new();
    for _ in 0..2 {
        match once::<P>(caller, action, filter, id).await {
            Ok(rows) => return Ok(rows),
            Err(Unproved::Trouble(trouble)) => return Err(trouble.into_error(action)),
            Err(Unproved::Incomplete(why)) => reason = why,
        }
    }
    Err(Error::new(ErrorKind::Service, format!("{action} cannot be read completely: {reason}"))
        .with_hint("somebody may be changing the directory right now; run again in a while"))
}

async fn once<P>(
    caller: &Caller,
    action: &'static str,
    filter: &[(&str, &str)],
    id: fn(&P::Row) -> &str,
) -> Result<Vec<P::Row>, Unproved>
where
    P: Page + DeserializeOwned + Send,
    P::Row: Send,
{
    let first: P = page(caller, action, filter, 1).await?;
    let total = first.total();
    let pages = total.div_ceil(PAGE_SIZE);
    let mut rows = first.rows();
    let rest: Vec<Vec<P::Row>> = stream::iter(2..=pages)
        .map(|number| async move {
            let page: P = page(caller, action, filter, number).await?;
            if page.total() == total {
                Ok(page.rows())
            } else {
                Err(Unproved::Incomplete(format!(
                    "the count moved from {total} to {} while reading",
                    page.total()
                )))
            }
        })
        .buffered(WIDTH)
        .try_collect()
        .await?;
    rows.extend(rest.into_iter().flatten());
    prove(&rows, total, id)?;
    Ok(rows)
}

async fn page<P: DeserializeOwned + Send>(
    caller: &Caller,
    action: &'static str,
    filter: &[(&str, &str)],
    number: u64,
) -> Result<P, Unproved> {
    let (number, size) = (number.to_string(), PAGE_SIZE.to_string());
    let mut parameters = filter.to_vec();
    parameters.extend([("PageNumber", number.as_str()), ("PageSize", size.as_str())]);
    caller.call(action, &parameters).await.map_err(Unproved::Trouble)
}

fn prove<R>(rows: &[R], total: u64, id: fn(&R) -> &str) -> Result<(), Unproved> {
    let distinct: HashSet<&str> = rows.iter().map(id).collect();
    if distinct.len() != rows.len() {
        return Err(Unproved::Incomplete(format!("{} rows came twice", rows.len() - distinct.len())));
    }
    if rows.len() as u64 != total {
        return Err(Unproved::Incomplete(format!("{} of {total} rows came", rows.len())));
    }
    Ok(())
}
