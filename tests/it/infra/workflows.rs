//! The workflows of GitHub Actions.

use super::{absolute, files, output_of, text, tool};

fn workflows() -> Vec<String> {
    let workflows = files(".github/workflows", ".yml");
    assert_eq!(workflows.len(), 3);
    workflows
}

#[test]
fn a_linter_finds_nothing() {
    let mut lint = tool("linter").command("lint.mjs");

    assert_eq!(output_of(lint.args(absolute(&workflows()))), "");
}

#[test]
fn a_security_scanner_finds_nothing() {
    let mut scan = tool("parser").command("zizmor.py");

    output_of(scan.args(absolute(&workflows())));
}

#[test]
fn every_action_is_pinned_to_a_commit() {
    let mut count = 0;
    for file in workflows() {
        for line in text(&file).lines() {
            let Some((_, action)) = line.split_once("uses: ") else {
                continue;
            };
            let (action, version) = action
                .split_once(" # v")
                .unwrap_or_else(|| panic!("{line}"));
            let (_, commit) = action.split_once('@').unwrap();
            assert!(
                commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()),
                "{line}"
            );
            assert!(!version.is_empty());
            count += 1;
        }
    }
    assert!(count > 5, "{count}");
}

#[test]
fn every_job_ends_and_has_no_more_rights_than_it_names() {
    for file in workflows() {
        let workflow = text(&file);
        assert!(workflow.contains("\npermissions: {}\n"), "{file}");
        assert!(workflow.contains("\nconcurrency:\n"), "{file}");
        assert!(!workflow.contains("secrets."), "{file}");
        let jobs = workflow.matches("runs-on:").count();
        assert_eq!(workflow.matches("timeout-minutes:").count(), jobs, "{file}");
        let permissions = workflow.matches("    permissions:\n").count();
        assert_eq!(permissions, jobs, "{file}");
    }
}
