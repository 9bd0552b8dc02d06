"""Run folders: each belongs to one config; what it may be resumed with; no secret is ever written."""

from __future__ import annotations

import pytest
from omegaconf import OmegaConf

from factory.errors import BadInput
from factory.storage.opening import open_store
from pipelines.planning.survey import Survey
from pipelines.run import run_folder
from pipelines.run.session import RunSession
from pipelines.run.settings import from_mapping


def settings(folder, **sections):
    base = {
        "engine": {"kind": "simulated"},
        "source": {"kind": "simulated", "n": 5},
        "prompt": {"template": "zero_shot_cot"},
        "run": {"dir": str(folder)},
        "search": {"n": 4},
    }
    return from_mapping({**base, **sections})


def bound(ours):
    """A folder that belongs to `ours`: its source was read."""
    store = run_folder.store_of(ours)
    run_folder.bind(ours, store)
    run_folder.keep_survey(store, Survey(questions=5, digest="a"))
    return store


def test_a_run_folder_is_made_once_and_recognised(tmp_path):
    ours = settings(tmp_path / "run")
    store = run_folder.store_of(ours)
    assert not run_folder.recognise(ours, store)
    bound(ours)
    assert run_folder.recognise(ours, store)
    assert OmegaConf.load(tmp_path / "run" / "config.yaml").source.n == 5


def test_a_folder_that_holds_another_config_is_refused_naming_the_difference(tmp_path):
    store = bound(settings(tmp_path))
    with pytest.raises(BadInput, match=r"source\.n is 5 there, 6 here"):
        run_folder.recognise(settings(tmp_path, source={"kind": "simulated", "n": 6}), store)


def test_a_mistake_may_be_mended_until_the_source_was_read(tmp_path):
    first = settings(tmp_path)
    run_folder.bind(first, run_folder.store_of(first))
    other = settings(tmp_path, source={"kind": "simulated", "n": 6})
    run_folder.bind(other, run_folder.store_of(other))
    assert run_folder.opened(tmp_path).source.config.n == 6


@pytest.mark.parametrize("override", ["cluster.workers=3", "storage.patience_s=5"])
def test_resume_takes_what_is_no_part_of_the_run(tmp_path, override):
    bound(settings(tmp_path))
    section, _, rest = override.partition(".")
    name, _, value = rest.partition("=")
    assert getattr(getattr(run_folder.opened(tmp_path, [override]), section), name) == float(value)


def test_resume_refuses_what_would_change_the_records(tmp_path):
    bound(settings(tmp_path))
    with pytest.raises(BadInput, match=r"cluster\.\*"):
        run_folder.opened(tmp_path, ["source.n=9"])


def test_more_samples_are_more_of_the_same_run_and_are_remembered(tmp_path):
    store = bound(settings(tmp_path))
    more = run_folder.opened(tmp_path, ["search.n=8"])
    assert more.fingerprint == settings(tmp_path).fingerprint
    assert run_folder.was_raised(store, more)
    assert not run_folder.was_raised(store, settings(tmp_path))
    run_folder.bind(more, store)
    assert run_folder.was_raised(store, more)
    assert run_folder.opened(tmp_path).search.config.n == 8


@pytest.mark.parametrize("raised_to", [None, 8])
def test_fewer_samples_are_refused(tmp_path, raised_to):
    store = bound(settings(tmp_path))
    if raised_to:
        run_folder.bind(settings(tmp_path, search={"n": raised_to}), store)
    with pytest.raises(BadInput, match=rf"search\.n is 2, but .* made with {raised_to or 4}"):
        run_folder.recognise(settings(tmp_path, search={"n": 2}), store)


def test_a_moved_run_folder_resumes_where_it_lies(tmp_path):
    bound(settings(tmp_path / "a"))
    (tmp_path / "a").rename(tmp_path / "b")
    assert run_folder.opened(tmp_path / "b").run.dir == str(tmp_path / "b")


@pytest.mark.parametrize("text", ["🎉", "𠮷", "\u2028", "${x}"])
def test_a_folder_is_opened_whatever_characters_its_config_holds(tmp_path, text):
    ours = settings(tmp_path / "run", sampling={"stop": [text]})
    bound(ours)
    again = run_folder.opened(tmp_path / "run", ["cluster.workers=3"])
    assert again.sampling.stop == [text]
    assert again.fingerprint == ours.fingerprint


def test_no_run_folder_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no run folder"):
        run_folder.opened(tmp_path)


def test_a_changed_source_is_refused(tmp_path):
    store = bound(settings(tmp_path))
    run_folder.check_survey(store, Survey(questions=5, digest="a"))
    with pytest.raises(BadInput, match="5 questions then, 6 now"):
        run_folder.check_survey(store, Survey(questions=6, digest="b"))


def test_a_run_from_before_is_told_that_golds_may_be_read_otherwise_now(tmp_path):
    store = bound(settings(tmp_path))
    for renamed, told in ((0, False), (None, True)):
        run_folder.keep_survey(store, Survey(questions=5, digest="a", renamed=renamed))
        with pytest.raises(BadInput, match="5 questions then, 5 now, others") as caught:
            run_folder.check_survey(store, Survey(questions=5, digest="b"))
        assert ("the version that began the run can finish it" in str(caught.value)) == told


def test_shards_of_nobody_knows_what_are_refused(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "part-u1.parquet").write_bytes(b"x")
    ours = settings(tmp_path)
    with pytest.raises(BadInput, match="says of what"):
        run_folder.bind(ours, run_folder.store_of(ours))


SECRETS = {"key": "AKIAEXAMPLE", "secret": "wJalrXUtnFEMI", "token": "FwoGZXIvYXdz"}


def test_no_secret_is_saved_shown_or_hashed(tmp_path):
    ours = settings(tmp_path, storage=SECRETS)
    bound(ours)
    everything = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    for secret in SECRETS.values():
        assert not any(secret in text for text in [*everything, repr(ours), str(ours.storage), str(ours.plain)])
    assert ours.storage.secret == SECRETS["secret"]
    assert ours.fingerprint == settings(tmp_path).fingerprint


def test_where_a_folder_lies_is_told_by_who_opens_it(tmp_path):
    bound(settings(tmp_path, storage={"endpoint_url": "http://there:1"}))
    assert run_folder.opened(tmp_path).storage.endpoint_url is None
    assert run_folder.opened(tmp_path, ["storage.endpoint_url=http://here:2"]).storage.endpoint_url == "http://here:2"


def test_of_an_engines_variables_the_names_alone_are_kept(tmp_path):
    engine = {"kind": "vllm", "env": {"HF_TOKEN": "hf_hush"}}
    ours = settings(tmp_path, engine=engine, models={"judge": {"model": "m", "engine": engine}})
    assert ours.engine.config.env == {"HF_TOKEN": "hf_hush"}
    with RunSession(ours) as session:
        session.claim(session.survey(), engine=ours.plain["engine"], models=ours.plain["models"])
    written = [path.read_text() for path in tmp_path.rglob("*") if path.suffix in (".yaml", ".json")]
    assert any("HF_TOKEN" in text for text in written)
    assert not any("hf_hush" in text for text in written)
    assert run_folder.opened(tmp_path).engine.config.env == {"HF_TOKEN": None}


@pytest.mark.parametrize("url", ["s3://key:secret@bucket/x", "gs://bucket/x", "s3:///x"])
def test_a_place_that_cannot_hold_a_run_is_refused_without_repeating_credentials(url):
    with pytest.raises(BadInput, match="Expected") as refused:
        run_folder.store_of(settings(url))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("name", ["2026_11_21", "0123", "1e3", "on", "a #b"])
def test_a_folder_is_resumed_under_the_name_it_has(tmp_path, name):
    bound(settings(tmp_path / name))
    assert run_folder.opened(tmp_path / name).run.dir == str(tmp_path / name)


def test_a_refused_override_is_named_without_its_value(tmp_path):
    bound(settings(tmp_path))
    with pytest.raises(BadInput) as refused:
        run_folder.opened(tmp_path, ["storage.secret=TOPSECRET", "run.seed=5"])
    assert "TOPSECRET" not in str(refused.value)
    assert "run.seed" in str(refused.value)


def test_stats_that_lack_what_there_was_nothing_of_are_the_same(tmp_path):
    """Stats of an earlier version lack younger counts: a finished run stays finished."""
    store = bound(settings(tmp_path / "run"))
    run_folder.write_stats(store, {"questions": 5, "seconds": 2.0})
    assert run_folder.stats_are(store, {"questions": 5, "seconds": 1.0, "money": 0.0, "roles": []})
    assert not run_folder.stats_are(store, {"questions": 5, "money": 0.5})
    assert not run_folder.stats_are(store, {"questions": 4})


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("config.yaml", b"source: 3", "source is 3"),
        ("config.yaml", b"cluster: {gpu_hour_price: abc}", "gpu_hour_price"),
        ("config.yaml", b"models: [a]", "models is"),
        ("config.yaml", b"\xff\xfe\x00", "is damaged"),
        ("manifests/effort.json", b"{", "is damaged"),
        ("manifests/effort.json", b"[1]", "is damaged"),
    ],
)
def test_a_mangled_file_of_a_run_is_one_sentence_that_names_it(tmp_path, name, data, said):
    bound(settings(tmp_path))
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadInput, match=rf"{name}.*{said}"):
        run_folder.opened(tmp_path)


@pytest.mark.parametrize("data", [b"{", b"3", b'{"what": 1}', b"\xff"])
def test_damaged_counts_of_the_source_are_one_sentence(tmp_path, data):
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests/source.json").write_bytes(data)
    with pytest.raises(BadInput, match=r"manifests/source\.json is damaged"):
        run_folder.survey_of(open_store(tmp_path))
