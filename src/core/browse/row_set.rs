//! A set of rows as one bit each.

/// A set of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowSet {
    words: Vec<u64>,
    rows: u32,
}

impl RowSet {
    /// The empty set over so many rows.
    pub fn new(rows: usize) -> Self {
        Self { words: vec![0; rows.div_ceil(64)], rows: u32::try_from(rows).unwrap_or(u32::MAX) }
    }

    /// The set of these rows.
    pub fn of(rows: usize, members: impl IntoIterator<Item = u32>) -> Self {
        let mut set = Self::new(rows);
        members.into_iter().for_each(|row| set.insert(row));
        set
    }

    /// Adds a row.
    pub fn insert(&mut self, row: u32) {
        if let Some(word) = self.words.get_mut(row as usize / 64) {
            *word |= 1 << (row % 64);
        }
    }

    /// Whether a row is in it.
    pub fn contains(&self, row: u32) -> bool {
        self.words.get(row as usize / 64).is_some_and(|word| word & (1 << (row % 64)) != 0)
    }

    /// Keeps what is in the other too.
    pub fn intersect(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
    }

    /// The rows in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().zip(0u32..).flat_map(|(word, index)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                (bit < 64).then(|| {
                    left &= left - 1;
                    index * 64 + bit
                })
            })
        })
    }

    /// How many rows it is a set over.
    pub fn rows(&self) -> u32 {
        self.rows
    }
}
