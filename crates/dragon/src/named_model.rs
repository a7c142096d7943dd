//! The model that a command is to work on, as people name it on the command line.

use std::path::{Path, PathBuf};

use crate::config::{Flags, Place, Plan, Problems};

/// The file of a model of the configuration (of the default one where `config` names none) by its id, or else a file.
/// The path is absolute. `None` where there is neither, which has been noted.
pub(crate) fn find_model(name: &str, config: Option<&Path>, problems: &mut Problems) -> Option<PathBuf> {
    let flags = Flags { config: config.map(Path::to_path_buf), ..Flags::default() };
    let plan = Plan::new(&flags, problems);
    let configured = plan.models.iter().find(|model| model.id == name).map(|model| model.path.value.clone());
    let path = configured.unwrap_or_else(|| PathBuf::from(name));
    // Engines start in a directory of their own, so the path must not depend on the current one.
    match std::fs::canonicalize(&path) {
        Ok(path) => Some(path),
        Err(error) => {
            let wrong = format!("{name} is neither the id of a model nor a file ({error})");
            let ids: Vec<&str> = plan.models.iter().map(|model| model.id.as_str()).collect();
            let remedy = format!("name one of {}, or a GGUF file", ids.join(", "));
            problems.model(Place::CommandLine, "", wrong, remedy);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    #[test]
    fn a_model_is_found_by_its_id_or_as_a_file_and_else_the_ids_are_said() {
        let folder = tempfile::tempdir().unwrap();
        let (config, model) = (folder.path().join("dragon.toml"), folder.path().join("tiny.gguf"));
        std::fs::write(&config, "[[model]]\nid = \"chat\"\npath = \"tiny.gguf\"\n").unwrap();
        std::fs::write(&model, "").unwrap();
        let mut problems = Problems::default();
        let expected = Some(std::fs::canonicalize(&model).unwrap());
        assert_eq!(find_model("chat", Some(&config), &mut problems), expected);
        assert_eq!(find_model(&model.display().to_string(), None, &mut problems), expected);
        assert_eq!(problems.lines(), [""; 0]);
        assert_eq!(find_model("caht", Some(&config), &mut problems), None);
        assert_eq!(problems.exit(), Some(Exit::ModelUnavailable));
        let said = problems.lines().concat();
        assert!(said.contains("caht is neither") && said.contains("name one of chat, or a GGUF"), "{said}");
    }
}
