//! The generated code is what the schema says.

use std::path::Path;

use prost::Message;

use crate::{FILE_DESCRIPTOR_SET, redacted};

const FILES: [&str; 2] = ["linkage/v1/linkage_service.proto", "linkage/v1/record.proto"];

const EXCHANGE_FILE: &str = "linkage/exchange/v1/exchange_service.proto";

/// Compiles the schema into `dir`: the code and the descriptor set.
fn generate(root: &Path, dir: &Path) {
    let mut compiler = protox::Compiler::new([root]).unwrap();
    compiler.include_imports(true).include_source_info(true).open_files(FILES.map(|file| root.join(file))).unwrap();
    let with_comments = compiler.file_descriptor_set();
    tonic_prost_build::configure()
        .out_dir(dir)
        .build_transport(false)
        .skip_debug(redacted::MESSAGES)
        .emit_rerun_if_changed(false)
        .compile_fds(with_comments)
        .unwrap();
    let mut compiler = protox::Compiler::new([root]).unwrap();
    compiler.include_imports(true).include_source_info(false).open_files(FILES.map(|file| root.join(file))).unwrap();
    std::fs::write(dir.join("linkage.v1.bin"), compiler.file_descriptor_set().encode_to_vec()).unwrap();
}

/// Compiles the schema of private matching, which shares no message with the other.
fn generate_exchange(root: &Path, dir: &Path) {
    let mut compiler = protox::Compiler::new([root]).unwrap();
    compiler.include_imports(true).include_source_info(true).open_file(root.join(EXCHANGE_FILE)).unwrap();
    tonic_prost_build::configure()
        .out_dir(dir)
        .build_transport(false)
        .emit_rerun_if_changed(false)
        .compile_fds(compiler.file_descriptor_set())
        .unwrap();
}

/// Run with `UPDATE=1` after a change of the schema.
#[test]
fn generated_code_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fresh = tempfile::tempdir().unwrap();
    generate(root, fresh.path());
    generate_exchange(root, fresh.path());
    for name in ["linkage.v1.rs", "linkage.v1.bin", "linkage.exchange.v1.rs"] {
        let (made, kept) = (fresh.path().join(name), root.join("src/gen").join(name));
        let made = std::fs::read(made).unwrap();
        if std::env::var_os("UPDATE").is_some_and(|update| update == "1") {
            std::fs::write(&kept, &made).unwrap();
        }
        let kept = std::fs::read(&kept).unwrap();
        assert!(made == kept, "{name} is not what the schema gives: run this test with UPDATE=1");
    }
}

fn descriptors() -> prost_types::FileDescriptorSet {
    prost_types::FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap()
}

#[test]
fn the_descriptor_set_is_complete() {
    let names: Vec<String> = descriptors().file.iter().map(|file| file.name().to_owned()).collect();
    assert_eq!(
        names,
        ["google/protobuf/timestamp.proto", "linkage/v1/record.proto", "linkage/v1/linkage_service.proto"]
    );
}

/// The rules of buf's STANDARD set that a schema like ours could break.
#[test]
fn the_schema_keeps_to_the_standard_style() {
    for file in descriptors().file.iter().filter(|file| file.package() == "linkage.v1") {
        for value in &file.enum_type {
            let prefix = upper_snake(value.name()) + "_";
            assert!(value.value.iter().all(|named| named.name().starts_with(&prefix)), "{}", value.name());
            assert_eq!(value.value[0].name(), prefix + "UNSPECIFIED");
            assert_eq!(value.value[0].number(), 0);
        }
        for service in &file.service {
            assert!(service.name().ends_with("Service"));
            for method in &service.method {
                assert_eq!(method.input_type(), format!(".linkage.v1.{}Request", method.name()));
                assert_eq!(method.output_type(), format!(".linkage.v1.{}Response", method.name()));
            }
        }
        for message in &file.message_type {
            let snake = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            assert!(message.field.iter().all(|field| snake(field.name())), "{}", message.name());
        }
    }
}

/// Every message, field and value says what it is.
#[test]
fn everything_in_the_schema_is_commented() {
    for file in FILES.into_iter().chain([EXCHANGE_FILE]) {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for pair in lines.windows(2) {
            let declares = pair[1].ends_with(['{', ';'])
                && !["syntax", "package", "import"].iter().any(|word| pair[1].starts_with(word));
            assert!(!declares || pair[0].starts_with("//"), "{file}: {}", pair[1]);
        }
    }
}

fn upper_snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_uppercase());
    }
    snake
}
