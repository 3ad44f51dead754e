//! Names of invented people, from word lists in `assets/demo/names.toml`.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use serde::Deserialize;

/// The generator behind every invented company: its sequence is fixed by the algorithm, not by the machine.
pub(super) type Generator = Xoshiro256PlusPlus;

/// A generator of a seed.
pub(super) fn generator(seed: u64) -> Generator {
    Generator::seed_from_u64(seed)
}

/// Whether something with this chance in percent happens.
pub(super) fn chance(random: &mut Generator, percent: u32) -> bool {
    random.random_range(0..100) < percent
}

/// One of a list; empty text of an empty one.
pub(super) fn pick<'l>(random: &mut Generator, list: &'l [String]) -> &'l str {
    if list.is_empty() {
        return "";
    }
    &list[random.random_range(0..list.len())]
}

/// The word lists.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Names {
    family: Vec<String>,
    family_latin: Vec<String>,
    given: Vec<String>,
    given_latin: Vec<String>,
    first: Vec<String>,
    last: Vec<String>,
    pub(super) titles: Vec<String>,
    pub(super) titles_latin: Vec<String>,
    /// What departments do.
    pub(super) functions: Vec<String>,
}

/// A name as shown, and in letters a mailbox takes.
pub(super) struct Name {
    pub(super) shown: String,
    pub(super) latin: String,
}

impl Names {
    /// The embedded lists; a test holds them to be readable.
    pub(super) fn embedded() -> Self {
        toml::from_str(include_str!("../../../assets/demo/names.toml")).unwrap_or_default()
    }

    /// A name in Chinese characters with its transcription.
    pub(super) fn chinese(&self, random: &mut Generator) -> Name {
        let family = random.random_range(0..self.family.len().max(1));
        let given = random.random_range(0..self.given.len().max(1));
        let at = |list: &[String], index: usize| list.get(index).cloned().unwrap_or_default();
        Name {
            shown: at(&self.family, family) + &at(&self.given, given),
            latin: format!("{}.{}", at(&self.given_latin, given), at(&self.family_latin, family)),
        }
    }

    /// A name in Latin letters.
    pub(super) fn latin(&self, random: &mut Generator) -> Name {
        let (first, last) = (pick(random, &self.first), pick(random, &self.last));
        Name { shown: format!("{first} {last}"), latin: format!("{}.{}", plain(first), plain(last)) }
    }
}

/// Letters of a mailbox: diacritics folded, the rest left out.
fn plain(name: &str) -> String {
    let fold = |letter: char| match letter {
        'ö' | 'ø' | 'ó' => 'o',
        'é' | 'è' => 'e',
        'í' => 'i',
        'á' | 'ä' => 'a',
        other => other,
    };
    name.to_lowercase().chars().map(fold).filter(char::is_ascii_alphabetic).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_lists_are_whole() {
        let names: Names = toml::from_str(include_str!("../../../assets/demo/names.toml")).unwrap();
        assert_eq!(names.family.len(), names.family_latin.len());
        assert_eq!(names.given.len(), names.given_latin.len());
        assert_eq!(names.titles.len(), names.titles_latin.len());
        assert!(!names.first.is_empty() && !names.last.is_empty() && !names.functions.is_empty());
    }
}
