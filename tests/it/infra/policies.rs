//! A scanner's policies, with the reason for each that the template does not follow.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use super::{ROOT, output_of, tool};

/// Each check that fails, and why that is right here.
const ACCEPTED: [(&str, &str); 21] = [
    ("CKV_AZURE_17", "callers have tokens, not certificates"),
    (
        "CKV_AZURE_18",
        "Flex Consumption chooses the version of HTTP",
    ),
    (
        "CKV_AZURE_35",
        "browsers upload files straight to the account",
    ),
    ("CKV_AZURE_41", "the app cannot renew its secrets by itself"),
    ("CKV_AZURE_42", "a lost secret costs no data"),
    (
        "CKV_AZURE_59",
        "browsers upload files straight to the account",
    ),
    (
        "CKV_AZURE_67",
        "Flex Consumption chooses the version of HTTP",
    ),
    ("CKV_AZURE_78", "publishing by password is off for FTP"),
    (
        "CKV_AZURE_99",
        "there is no virtual network; identities alone get in",
    ),
    (
        "CKV_AZURE_101",
        "there is no virtual network; identities alone get in",
    ),
    (
        "CKV_AZURE_109",
        "there is no virtual network; identities alone get in",
    ),
    ("CKV_AZURE_110", "a lost secret costs no data"),
    ("CKV_AZURE_131", "the default is newGuid()"),
    (
        "CKV_AZURE_134",
        "there is no virtual network; identities alone get in",
    ),
    (
        "CKV_AZURE_189",
        "there is no virtual network; identities alone get in",
    ),
    (
        "CKV_AZURE_206",
        "replication is the deployer's decision about cost",
    ),
    ("CKV_AZURE_212", "Flex Consumption scales by itself"),
    ("CKV_AZURE_213", "Flex Consumption has no health check"),
    (
        "CKV_AZURE_222",
        "clients and webhooks come from the internet",
    ),
    (
        "CKV_AZURE_225",
        "zone redundancy is the deployer's decision about cost",
    ),
    ("CKV_AZURE_238", "the account calls nothing"),
];

#[derive(Deserialize)]
struct Report {
    failed: Vec<String>,
    passed: usize,
    unreadable: usize,
}

#[test]
fn only_accepted_checks_fail() {
    let versions = std::fs::read_dir(tool("parser").home().join("venv/lib")).unwrap();
    let mut packages = versions.map(|entry| entry.unwrap().path().join("site-packages"));
    let packages = packages.find(|path| path.is_dir()).unwrap();
    let mut scan = tool("scanner").command("scan.py");

    let printed = output_of(scan.arg(packages).arg(Path::new(ROOT).join("infra")));

    let report: Report = serde_json::from_str(&printed).unwrap();
    assert_eq!(report.unreadable, 0);
    assert!(report.passed > 20, "{}", report.passed);
    let failed = report
        .failed
        .iter()
        .map(|line| line.split(' ').next().unwrap());
    let failed: BTreeSet<_> = failed.collect();
    let accepted: BTreeSet<_> = ACCEPTED.iter().map(|(check, _)| *check).collect();
    assert_eq!(failed, accepted, "{:#?}", report.failed);
}
