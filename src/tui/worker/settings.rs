//! Saves the wizard's answers.

use super::Reply;
use super::desk::off_the_screen;
use crate::config::settings_file::SettingsFile;
use crate::tui::draft::Draft;
use crate::tui::message::Answer;

/// Saves the draft and answers with the file as it is afterwards.
pub(super) async fn save(file: Box<SettingsFile>, draft: Box<Draft>, reply: Reply) {
    let saving = draft.clone();
    let result = match off_the_screen(move || file.save(&saving)).await {
        Ok(saved) => saved.map(Box::new),
        Err(error) => Err(error),
    };
    reply.send(Answer::Saved { draft, result }).await;
}
