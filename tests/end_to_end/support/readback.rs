//! Compares every value of the source with its copy, both read by third-party programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::place::Place;
use super::server::{EMULATOR, variable};
use super::text;

impl Place {
    /// Compares every value of the tables, read with the server's client and with Google's client.
    pub fn assert_equal(&self, tables: &[&str]) {
        let emulator = variable(EMULATOR);
        self.assert_equal_to(&["--dataset", &self.name, "--emulator", &emulator], tables);
    }

    /// The same with the uploaded files in a folder, read by fastavro.
    pub fn assert_equal_to_uploads(&self, folder: &Path, tables: &[&str]) {
        self.assert_equal_to(&["--uploads", folder.to_str().unwrap()], tables);
    }

    fn assert_equal_to(&self, copy: &[&str], tables: &[&str]) {
        let output = python("tests/readback.py")
            .args(["--client", &self.client_path(), "--database", &self.name])
            .args(copy)
            .args(tables)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    }
}

/// A script of this project, with the Python that has Google's client and fastavro.
pub fn python(script: &str) -> Command {
    let mut command = Command::new(variable("TEST_PYTHON"));
    command.arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(script));
    command
}
