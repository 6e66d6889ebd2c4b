//! Site files with mistakes, and places that are no clean export.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use pump_preflight::ctx::Ctx;
use pump_preflight::input::case::{View, load_site, load_view};
use pump_preflight::input::{
    CaseArguments, Error, FileRole, FileTable, ScriptArguments, Snapshot, SnapshotPlace, load_case,
    load_snapshot,
};
use pump_preflight::model::LinkEvidence;
use pump_preflight::source::escape_terminal;

use crate::support::{check_golden, entries, fixtures};

#[test]
fn every_mistake_of_a_site_file_is_told_with_place_and_suggestion() {
    for path in yaml_files(&fixtures().join("site")) {
        let result = load_site(&path, &[], &mut FileTable::new()).map(|_| ());
        check_golden(&path.with_extension("expected"), &told(&result));
    }
}

#[test]
fn a_site_file_is_checked_against_the_network() {
    for path in yaml_files(&fixtures().join("site/network")) {
        let result = load_case(&case(Some(path.clone())), &Ctx::quiet()).map(|_| ());
        check_golden(&path.with_extension("expected"), &told(&result));
    }
}

#[test]
fn the_base_hospital_becomes_devices_and_declared_links() {
    let loaded = load_case(
        &case(Some(fixtures().join("hospital/site.yaml"))),
        &Ctx::quiet(),
    )
    .unwrap();
    let names: Vec<&str> = loaded.before.devices.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "acc-icu1",
            "acc-ward1",
            "core1",
            "core2",
            "dhcp1",
            "dns1",
            "dns2",
            "fw-med",
            "pumpgw1"
        ]
    );
    assert_eq!(loaded.notes, Vec::<String>::new());
    assert!(!loaded.before.links.is_empty());
    for link in &loaded.before.links {
        assert_eq!(link.evidence, LinkEvidence::Declared);
        for (device, interface) in [&link.a, &link.b] {
            if let Some(device) = loaded.before.devices.get(device) {
                assert!(device.interface(interface).is_some(), "{link:?}");
            }
        }
    }
    assert!(loaded.today);
}

#[test]
fn links_of_the_base_hospital_are_inferred_without_the_topology_file() {
    let folder = tempfile::tempdir().unwrap();
    copy(&fixtures().join("hospital/before"), folder.path());
    let declared = load(folder.path()).unwrap().network.links;
    fs::remove_file(folder.path().join("layer1_topology.json")).unwrap();
    let inferred = load(folder.path()).unwrap().network.links;
    let pairs = |links: &[pump_preflight::model::Link]| {
        links
            .iter()
            .map(|link| (link.a.clone(), link.b.clone()))
            .collect::<std::collections::BTreeSet<_>>()
    };
    let (declared, inferred) = (pairs(&declared), pairs(&inferred));
    let wrong: Vec<_> = inferred.difference(&declared).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(!inferred.is_empty());
}

#[test]
fn devices_of_equal_files_are_shared_between_snapshots() {
    let folder = tempfile::tempdir().unwrap();
    copy(&fixtures().join("hospital/before"), folder.path());
    let mut files = FileTable::new();
    let ctx = Ctx::quiet();
    let place = SnapshotPlace::Folder(fixtures().join("hospital/before"));
    let before = load_snapshot(&place, &mut files, &ctx).unwrap().network;
    let changed = folder.path().join("configs/core1.cfg");
    let text = fs::read_to_string(&changed).unwrap();
    fs::write(&changed, text.replace("10.50.0.5", "10.50.0.6")).unwrap();
    let place = SnapshotPlace::Folder(folder.path().to_owned());
    let after = load_snapshot(&place, &mut files, &ctx).unwrap().network;
    for (name, device) in &before.devices {
        let other = &after.devices[name];
        if name == "core1" {
            let equal = |facet: &(&_, &_)| other.facets[facet.0] == *facet.1;
            let equal = device.facets.iter().filter(equal).count();
            assert!(equal > device.facets.len() / 2, "{equal}");
        } else {
            assert!(std::sync::Arc::ptr_eq(device, other), "{name}");
        }
    }
}

#[test]
fn two_devices_with_one_name_are_members_of_a_cluster() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(fixtures().join("hospital/before/configs/fw-med.cfg")).unwrap();
    fs::create_dir_all(folder.path().join("configs")).unwrap();
    fs::write(folder.path().join("configs/fw-a.cfg"), &text).unwrap();
    fs::write(folder.path().join("configs/fw-b.cfg"), &text).unwrap();
    let snapshot = load(folder.path()).unwrap();
    let names: Vec<&String> = snapshot.network.devices.keys().collect();
    assert_eq!(names, ["fw-med#1", "fw-med#2"]);
    let device = &snapshot.network.devices["fw-med#2"];
    assert_eq!(device.cluster.as_deref(), Some("fw-med"));
    assert_eq!(snapshot.notes.len(), 1);
}

#[test]
fn copies_of_other_days_are_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(fixtures().join("hospital/before/configs/core1.cfg")).unwrap();
    for name in [
        "core1-2026-11-01.cfg",
        "core1-2026-11-08.cfg",
        "core1-2026-11-08.cfg.bak",
    ] {
        fs::write(folder.path().join(name), &text).unwrap();
    }
    let snapshot = load(folder.path()).unwrap();
    let read: Vec<&str> = snapshot
        .files
        .iter()
        .filter(|file| matches!(file.role, FileRole::Read(_)))
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(read, ["core1-2026-11-08.cfg"]);
    assert_eq!(snapshot.network.devices.len(), 1);
}

#[test]
fn empty_missing_and_unknown_places_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(load(folder.path()), Err(Error::Empty(_))));
    assert!(matches!(
        load(&folder.path().join("nowhere")),
        Err(Error::Read { .. })
    ));
    fs::write(folder.path().join("notes.txt"), "nothing to see\n").unwrap();
    assert!(matches!(
        load(folder.path()),
        Err(Error::NothingKnown { files: 1, .. })
    ));
    assert!(matches!(
        load(&folder.path().join("notes.txt")),
        Err(Error::NoPlace(_))
    ));
}

#[test]
fn utf16_and_carriage_returns_read_like_plain_text() {
    let text = fs::read_to_string(fixtures().join("hospital/before/configs/core1.cfg")).unwrap();
    let windows = text.replace('\n', "\r\n");
    let mut wide = vec![0xFF, 0xFE];
    wide.extend(windows.encode_utf16().flat_map(u16::to_le_bytes));
    let mut facets = Vec::new();
    for bytes in [text.as_bytes(), windows.as_bytes(), &wide] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("core1.cfg"), bytes).unwrap();
        let snapshot = load(folder.path()).unwrap();
        facets.push(snapshot.network.devices["core1"].facets.clone());
    }
    assert_eq!(facets[0], facets[1]);
    assert_eq!(facets[0], facets[2]);
}

#[test]
fn a_binary_file_and_an_endless_line_are_listed_as_unread() {
    let folder = tempfile::tempdir().unwrap();
    let configs = folder.path().join("configs");
    fs::create_dir(&configs).unwrap();
    let text = fs::read(fixtures().join("hospital/before/configs/core1.cfg")).unwrap();
    fs::write(configs.join("core1.cfg"), text).unwrap();
    fs::write(configs.join("image.bin"), [0x7F, b'E', b'L', b'F', 0, 1, 2]).unwrap();
    let mut long = b"hostname acc1\ninterface ".to_vec();
    long.resize(20 << 20, b'x');
    fs::write(configs.join("acc1.cfg"), long).unwrap();
    let snapshot = load(folder.path()).unwrap();
    let unread: Vec<String> = snapshot
        .files
        .iter()
        .filter_map(|file| match &file.role {
            FileRole::Unread(reason) => Some(format!("{}: {reason}", file.path)),
            FileRole::Read(_) | FileRole::Topology | FileRole::Inert(_) => None,
        })
        .collect();
    assert_eq!(unread.len(), 2, "{unread:?}");
    assert!(unread[0].contains("line 2 is"), "{unread:?}");
    assert!(unread[1].contains("binary: byte 4"), "{unread:?}");
}

#[test]
fn an_unread_file_that_changes_is_told_apart() {
    let [before, after] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    for (folder, text) in [(&before, "one\n"), (&after, "two\n")] {
        copy(&fixtures().join("hospital/before"), folder.path());
        fs::write(folder.path().join("configs/wlc1.dump"), text).unwrap();
    }
    let arguments = CaseArguments {
        before: SnapshotPlace::Folder(before.path().to_owned()),
        after: Some(SnapshotPlace::Folder(after.path().to_owned())),
        ..case(Some(fixtures().join("hospital/site.yaml")))
    };
    let case = load_case(&arguments, &Ctx::quiet()).unwrap();
    assert_eq!(case.unread_changes.len(), 1);
    assert_eq!(case.unread_changes[0].path, "configs/wlc1.dump");
    assert!(case.unread_changes[0].in_before && case.unread_changes[0].in_after);
}

#[test]
fn an_archive_reads_like_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.tar.gz");
    let mut builder = tar::Builder::new(encoder(&path));
    builder
        .append_dir_all("export", fixtures().join("hospital/before"))
        .unwrap();
    builder.into_inner().unwrap().finish().unwrap();
    let place = SnapshotPlace::parse(path.to_str().unwrap()).unwrap();
    let archive = load_snapshot(&place, &mut FileTable::new(), &Ctx::quiet()).unwrap();
    let plain = load(&fixtures().join("hospital/before")).unwrap();
    assert_eq!(archive.digest, plain.digest);
    assert_eq!(archive.network.devices.len(), plain.network.devices.len());
}

#[test]
fn a_zip_reads_like_its_folder_and_brings_its_site_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.zip");
    let mut writer = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    let hospital = fixtures().join("hospital");
    let mut files = vec![("export/site.yaml".to_owned(), hospital.join("site.yaml"))];
    let mut open = vec![hospital.join("before")];
    while let Some(next) = open.pop() {
        for entry in entries(&next) {
            if entry.is_dir() {
                open.push(entry);
            } else {
                let below = entry.strip_prefix(hospital.join("before")).unwrap();
                files.push((format!("export/{}", below.display()), entry));
            }
        }
    }
    for (name, file) in files {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(name, options).unwrap();
        writer.write_all(&fs::read(file).unwrap()).unwrap();
    }
    writer.finish().unwrap();
    let view = place_view(&path);
    assert!(view.intent.is_some());
    let plain = load(&hospital.join("before")).unwrap();
    assert_eq!(
        view.snapshot.network.devices.len(),
        plain.network.devices.len()
    );
}

#[test]
fn a_site_file_in_a_tar_archive_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.tar.gz");
    let mut builder = tar::Builder::new(encoder(&path));
    let hospital = fixtures().join("hospital");
    builder
        .append_dir_all(".", hospital.join("before"))
        .unwrap();
    builder
        .append_path_with_name(hospital.join("site.yaml"), "site.yaml")
        .unwrap();
    builder.into_inner().unwrap().finish().unwrap();
    assert!(place_view(&path).intent.is_some());
}

/// The snapshot of a place and the site file in it.
fn place_view(path: &Path) -> View {
    let place = SnapshotPlace::parse(path.to_str().unwrap()).unwrap();
    load_view(&place, None, &[], &Ctx::quiet()).unwrap()
}

#[test]
fn archives_that_leave_their_folder_or_are_cut_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("evil.tar.gz");
    let mut builder = tar::Builder::new(encoder(&path));
    let mut header = tar::Header::new_gnu();
    header.set_size(1);
    let name = b"../outside.cfg";
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_cksum();
    builder.append(&header, &b"x"[..]).unwrap();
    builder.into_inner().unwrap().finish().unwrap();
    let place = SnapshotPlace::Archive(path.clone());
    let refused = load_snapshot(&place, &mut FileTable::new(), &Ctx::quiet());
    assert!(matches!(refused, Err(Error::ArchiveRefused { .. })));
    fs::write(&path, b"no gzip at all").unwrap();
    let refused = load_snapshot(&place, &mut FileTable::new(), &Ctx::quiet());
    assert!(matches!(refused, Err(Error::Archive { .. })));
}

#[test]
fn references_that_are_none_are_refused() {
    assert!(matches!(
        SnapshotPlace::parse("git:--output=x"),
        Err(Error::Usage { .. })
    ));
    let here = pump_preflight::input::git::Repository::around(env!("CARGO_MANIFEST_DIR"));
    assert!(here.commit("-x").is_err());
    assert!(here.commit("no-such-branch-anywhere").is_err());
}

#[test]
fn pasted_lines_give_the_end_and_the_states_in_between() {
    let mut script = tempfile::NamedTempFile::new().unwrap();
    script
        .write_all(
            b"interface Vlan230\n no ip helper-address 10.50.0.5\n ip helper-address 10.50.0.6\n",
        )
        .unwrap();
    let arguments = |device: &str| CaseArguments {
        script: Some(ScriptArguments {
            path: script.path().to_str().unwrap().to_owned(),
            bytes: None,
            device: device.to_owned(),
        }),
        ..case(Some(fixtures().join("hospital/site.yaml")))
    };
    let loaded = load_case(&arguments("core1"), &Ctx::quiet()).unwrap();
    let helpers = |network: &pump_preflight::model::Network| {
        network.devices["core1"]
            .interface("Vlan230")
            .unwrap()
            .helpers
            .iter()
            .map(|helper| helper.value.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(helpers(&loaded.before), ["10.50.0.5"]);
    assert_eq!(loaded.between.len(), 1);
    assert!(helpers(&loaded.between[0].1).is_empty());
    assert_eq!(helpers(&loaded.after), ["10.50.0.6"]);
    let Err(error) = load_case(&arguments("cor1"), &Ctx::quiet()) else {
        panic!("an unknown device is an error");
    };
    assert!(error.help().contains("`core1`"), "{}", error.help());
}

#[test]
fn outages_name_devices_links_and_services() {
    let with = |down: &str| CaseArguments {
        down: vec![down.to_owned()],
        ..case(Some(fixtures().join("hospital/site.yaml")))
    };
    for down in ["core1", "CORE1:vl230", "gateway", "radius1"] {
        let loaded = load_case(&with(down), &Ctx::quiet()).unwrap();
        assert_eq!(loaded.after.down.len(), 1, "{down}");
        assert!(loaded.before.down.is_empty());
    }
    for down in ["core9", "core1:Gi9/9/9", "gatewy"] {
        let Err(error) = load_case(&with(down), &Ctx::quiet()) else {
            panic!("{down} is an error");
        };
        assert!(!error.help().is_empty(), "{down}");
    }
}

#[test]
fn a_commit_reads_like_its_work_tree() {
    let folder = tempfile::tempdir().unwrap();
    copy(&fixtures().join("hospital/before"), folder.path());
    let git = |arguments: &[&str]| {
        let status = Command::new("git")
            .arg("-C")
            .arg(folder.path())
            .args(["-c", "user.name=ci", "-c", "user.email=ci@example.org"])
            .args(arguments)
            .output();
        status.is_ok_and(|output| output.status.success())
    };
    assert!(git(&["init", "-q", "-b", "main"]), "git is installed");
    assert!(git(&["add", "."]));
    assert!(git(&["commit", "-q", "-m", "network: as it is"]));
    let binary = env!("CARGO_BIN_EXE_pump-preflight");
    let run = |place: &str| {
        let output = Command::new(binary)
            .current_dir(folder.path())
            .args(["list", "files", "--format", "json", "--config", place])
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let (code, commit) = run("git:main");
    assert_eq!(code, Some(0));
    let (_, plain) = run(".");
    let files = |text: &str| {
        text.lines()
            .filter(|line| line.contains("\"file\""))
            .filter(|line| !line.contains(".git"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(files(&commit), files(&plain));
    for wrong in [
        "git:--all",
        "git:nowhere",
        "git:main:nowhere",
        "git:main:layer1_topology.json",
    ] {
        let (code, out) = run(wrong);
        assert_eq!(code, Some(2), "{wrong}");
        assert!(out.contains("\"error\""), "{wrong}: {out}");
    }
}

/// A case over the base hospital that asks what works today.
fn case(site: Option<PathBuf>) -> CaseArguments {
    CaseArguments {
        before: SnapshotPlace::Folder(fixtures().join("hospital/before")),
        after: None,
        site,
        site_before: None,
        rules: Vec::new(),
        script: None,
        down: Vec::new(),
        lasts_s: None,
    }
}

/// Loads a folder.
fn load(folder: &Path) -> Result<Snapshot, Error> {
    let place = SnapshotPlace::Folder(folder.to_owned());
    load_snapshot(&place, &mut FileTable::new(), &Ctx::quiet())
}

/// What a user is told, file names without their folders.
fn told(result: &Result<(), Error>) -> String {
    match result {
        Ok(()) => "accepted\n".to_owned(),
        Err(Error::Mistakes { mistakes, .. }) => {
            let mut out = String::new();
            for mistake in mistakes {
                let message = escape_terminal(&mistake.message);
                let _ = writeln!(out, "{}:{}: {message}", mistake.line, mistake.column);
                if let Some(help) = &mistake.help {
                    let _ = writeln!(out, "    {}", escape_terminal(help));
                }
            }
            out
        }
        Err(error) => format!("{error}\n"),
    }
}

/// The YAML files of a folder.
fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let files: Vec<PathBuf> = entries(folder)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|found| found == "yaml"))
        .collect();
    assert!(!files.is_empty());
    files
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for path in entries(from) {
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// A gzip writer.
fn encoder(path: &Path) -> flate2::write::GzEncoder<fs::File> {
    let file = fs::File::create(path).unwrap();
    flate2::write::GzEncoder::new(file, flate2::Compression::fast())
}
