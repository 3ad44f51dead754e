//! The simulated world in a file: taken up at the start, written after changes and at the end.

use std::io::{BufWriter, Error, ErrorKind, Result, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{dingtalk, idaas};

const FORMAT: &str = "dingsync.simulated/1";

/// What is kept.
#[derive(Deserialize)]
pub(super) struct Kept {
    format: String,
    pub(super) dingtalk: dingtalk::World,
    pub(super) idaas: idaas::World,
}

#[derive(Serialize)]
struct Keeping<'w> {
    format: &'static str,
    dingtalk: &'w dingtalk::World,
    idaas: &'w idaas::World,
}

/// What a file keeps; `None` when there is no file. One that cannot be read or keeps something else is `InvalidData`.
pub(super) fn read(path: &Path) -> Result<Option<Kept>> {
    let bytes = match std::fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => read.map_err(|error| {
            Error::new(ErrorKind::InvalidData, format!("{} cannot be read: {error}", path.display()))
        })?,
    };
    let foreign = |why: String| {
        Error::new(ErrorKind::InvalidData, format!("{} keeps no simulated world: {why}", path.display()))
    };
    let kept: Kept = serde_json::from_slice(&bytes).map_err(|error| foreign(error.to_string()))?;
    if kept.format != FORMAT {
        return Err(foreign(format!("its format is \"{}\"", kept.format)));
    }
    Ok(Some(kept))
}

/// Replaces the file in one step; only its owner may read it.
pub(super) fn write(path: &Path, dingtalk: &dingtalk::Handle, idaas: &idaas::Handle) -> Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = Path::new(&beside);
    let file = super::private_file(beside)?;
    let mut out = BufWriter::new(file);
    {
        let (dingtalk, idaas) = (dingtalk.world(), idaas.world());
        let keeping = Keeping { format: FORMAT, dingtalk: &dingtalk, idaas: &idaas };
        serde_json::to_writer(&mut out, &keeping).map_err(Error::other)?;
    }
    out.flush()?;
    out.into_inner().map_err(|error| error.into_error())?.sync_all()?;
    std::fs::rename(beside, path)
}
