//! `docs/doctor.md` lists every fault in the words of the program, and every fault has a test.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use switchboard::command::doctor::FAULTS;

const BEGIN: &str = "<!-- The faults: written by a test. -->\n";
const END: &str = "<!-- End of the faults. -->\n";

fn described() -> String {
    let mut text = String::new();
    let mut area = "";
    for fault in FAULTS {
        if area != fault.area {
            area = fault.area;
            write!(text, "\n### {area}\n").unwrap();
        }
        write!(
            text,
            "\n**`{}`**\n\n{}\n{}\n\nFix: {}.\n",
            fault.code, fault.meaning, fault.why, fault.fix
        )
        .unwrap();
    }
    text.push('\n');
    text
}

#[test]
fn the_documentation_lists_every_fault() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/doctor.md");
    let document = fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();

    let current = format!("{before}{BEGIN}{}{END}{after}", described());

    if document != current {
        let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("doctor.md");
        fs::write(&new, current).unwrap();
        panic!(
            "docs/doctor.md is out of date: cp {} {}",
            new.display(),
            path.display()
        );
    }
}

#[test]
fn the_documentation_names_only_faults_that_exist() {
    let document = include_str!("../../../docs/doctor.md");
    let (_, table) = document.split_once("## Troubleshooting").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let named = table.split('`').skip(1).step_by(2);
    let codes: Vec<_> = named
        .filter(|name| name.contains('-') && !name.contains(' '))
        .collect();

    assert!(codes.len() > 5, "{codes:?}");
    for code in codes {
        assert!(FAULTS.iter().any(|fault| fault.code == code), "{code}");
    }
}

#[test]
fn every_fault_is_made_in_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/doctor");
    let files = fs::read_dir(folder).unwrap().flatten();
    let tests: String = files
        .map(|file| fs::read_to_string(file.path()).unwrap())
        .collect();

    for fault in FAULTS {
        assert!(
            tests.contains(&format!("\"{}\"", fault.code)),
            "{}",
            fault.code
        );
    }
}

#[test]
fn codes_are_unique_and_explained() {
    for (position, fault) in FAULTS.iter().enumerate() {
        let others = FAULTS.iter().skip(position + 1);
        assert!(
            !others.clone().any(|other| other.code == fault.code),
            "{}",
            fault.code
        );
        assert!(
            fault.meaning.ends_with('.') && fault.why.ends_with('.'),
            "{}",
            fault.code
        );
        assert!(
            !fault.fix.is_empty() && !fault.fix.ends_with('.'),
            "{}",
            fault.code
        );
    }
}
