//! stub
use super::seed::Seed;
/// demo
pub fn demo() -> Seed {
    Seed::default()
}
