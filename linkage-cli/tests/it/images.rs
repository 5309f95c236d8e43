//! `linkage images` over the drawn pictures of `testdata/images`.

use expect_test::expect;

use crate::setup::Bench;

#[test]
fn edited_copies_are_found_and_strangers_have_no_row() {
    let bench = Bench::empty();
    let ran = bench
        .run(["images", "match", "--index", "testdata/images/indexed", "--queries", "testdata/images/queries"])
        .expect(0);
    let same = ran.stdout.lines().filter(|line| line.ends_with("SAME"));
    let pairs: Vec<String> = same.map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ")).collect();
    expect![[r#"
        bag-mirrored.jpg bag.jpg
        lamp-collage.jpg lamp.jpg
        shoe-framed.jpg shoe.jpg
        watch-cropped.jpg watch.jpg"#]]
    .assert_eq(&pairs.join("\n"));
}

#[test]
fn a_gallery_on_disk_answers_as_the_folder_it_was_made_of_and_is_made_once() {
    let bench = Bench::empty();
    let matched = |index: &str| {
        let queries = "testdata/images/queries";
        bench.run(["images", "match", "--index", index, "--queries", queries, "--format", "jsonl"]).expect(0).stdout
    };
    let index = ["images", "index", "testdata/images/indexed", "--gallery", "gallery", "--format", "csv"];
    let first = bench.run(index).expect(0).stdout;
    assert_eq!(first, "added,known,unreadable,pictures\n6,0,0,6\n");
    assert_eq!(matched("gallery"), matched("testdata/images/indexed"));
    bench.write("testdata/images/indexed/empty.png", b"");
    let again = bench.run(index).expect(0);
    assert_eq!(again.stdout, "added,known,unreadable,pictures\n0,6,1,6\n");
    again.says("empty.png");
    let foreign = ["images", "index", "testdata/images/indexed", "--gallery", "testdata"];
    bench.run(foreign).expect(3).says("open the gallery testdata").says("not a store and not empty");
}

#[test]
fn bad_files_are_told_and_passed_over() {
    let bench = Bench::empty();
    for (name, bytes) in
        [("照片.jpg", &b"<html>"[..]), ("empty.png", b""), ("bomb.gif", b"GIF89a\xff\xff\xff\xff\x00\x00\x00")]
    {
        bench.write(&format!("testdata/images/queries/{name}"), bytes);
    }
    let arguments = ["images", "match", "--index", "testdata/images/indexed", "--queries", "testdata/images/queries"];
    bench.run(arguments).expect(0).says("照片.jpg: neither JPEG, PNG, WebP nor GIF").says("bomb.gif");
    let named = ["images", "fingerprint", "testdata/images/queries/照片.jpg"];
    bench.run(named).expect(2).says("neither JPEG, PNG, WebP nor GIF");
    std::fs::create_dir(bench.path("nothing")).unwrap();
    let empty = ["images", "match", "--index", "nothing", "--queries", "testdata/images/queries"];
    bench.run(empty).expect(2).says("expected picture files in this folder");
}

#[test]
fn evidence_is_drawn_and_strangers_are_told() {
    let bench = Bench::empty();
    let (collage, lamp) = ("testdata/images/queries/lamp-collage.jpg", "testdata/images/indexed/lamp.jpg");
    let ran = bench.run(["images", "explain", collage, lamp, "--out", "same.png", "--format", "jsonl"]).expect(0);
    assert!(ran.stdout.contains(r#""verdict":"SAME""#), "{}", ran.stdout);
    assert!(std::fs::read(bench.path("same.png")).unwrap().starts_with(b"\x89PNG"));
    bench.run(["images", "explain", collage, "testdata/images/indexed/bag.jpg"]).expect(1);
    bench.run(["images", "explain", collage, lamp, "--out", "no/such/folder.png"]).expect(3);
    bench
        .run(["images", "explain", collage, lamp, "--out", "same.svg"])
        .expect(2)
        .says("expected a name that ends in .png");
    bench.run(["images", "explain", collage, "testdata/images/formats/nothing.jpg"]).expect(3).says("nothing.jpg");
}
