"""Catalogues of Backstage: what becomes a team or a service, and what is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.importing.backstage import Catalogue, ServiceDraft, read_backstage

REAL = Path(__file__).parents[3] / "shared" / "data" / "catalog"


def entity(kind: str, name: str, *, spec: str = "{}", metadata: str = "") -> str:
    return (
        f"apiVersion: backstage.io/v1alpha1\nkind: {kind}\n"
        f"metadata:\n  name: {name}\n{metadata}spec: {spec}\n"
    )


def read(*documents: str) -> Catalogue:
    return read_backstage([("catalog-info.yaml", "---\n".join(documents))])


def service(found: Catalogue, slug: str) -> ServiceDraft:
    return next(one for one in found.services if one.slug == slug)


def troubles(found: Catalogue) -> list[str]:
    return [f"{one.place}: {one.message}" for one in found.troubles]


def test_components_resources_and_groups_come_in_with_what_they_say() -> None:
    found = read(
        entity("Group", "team-mill", spec="{profile: {displayName: The Mill, email: m@x.example}}"),
        entity(
            "Component",
            "Grinder",
            metadata="  title: The grinder\n  description: It grinds\n  tags: [Go, corn]\n"
            "  links: [{url: 'https://status.x.example', title: Status page}]\n",
            spec="{type: service, owner: team-mill, dependsOn: ['resource:water']}",
        ),
        entity("Resource", "water", spec="{type: river, owner: 'group:default/team-mill'}"),
    )
    (team,) = found.teams
    assert (team.slug, team.name, team.contact) == ("team-mill", "The Mill", "m@x.example")
    grinder = service(found, "grinder")
    assert (grinder.name, grinder.about, grinder.owner) == ("The grinder", "It grinds", "team-mill")
    assert grinder.tags == ("go", "corn", "service")
    assert grinder.depends_on == ("water",)
    assert grinder.status_url == "https://status.x.example"
    assert service(found, "water").owner == "team-mill"
    assert troubles(found) == []


def test_who_consumes_an_api_depends_on_who_provides_it() -> None:
    found = read(
        entity("Component", "mill", spec="{providesApis: [flour]}"),
        entity("Component", "baker", spec="{consumesApis: [flour, weather]}"),
        entity("API", "flour"),
        entity("API", "weather"),
    )
    assert service(found, "baker").depends_on == ("mill", "weather")
    # Nobody here provides it, so it is a service of its own.
    assert [one.slug for one in found.services] == ["mill", "baker", "weather"]


def test_a_system_is_a_tag_and_owns_parts_without_an_owner() -> None:
    found = read(
        entity("System", "Bread", spec="{owner: team-oven}"),
        entity("Component", "oven", spec="{system: 'system:default/Bread'}"),
        entity("Component", "van", spec="{system: bread, owner: team-road}"),
    )
    assert (service(found, "oven").owner, service(found, "oven").tags) == ("team-oven", ("bread",))
    assert service(found, "van").owner == "team-road"


def test_other_namespaces_keep_their_name_and_people_own_no_service() -> None:
    found = read(
        entity("Component", "mill", metadata="  namespace: north\n", spec="{owner: 'user:ann'}"),
        entity("Component", "mill", spec="{owner: 'north/team', dependsOn: ['north/mill']}"),
        entity("User", "ann"),
        entity("Domain", "food"),
    )
    assert [one.slug for one in found.services] == ["north-mill", "mill"]
    assert service(found, "mill").depends_on == ("north-mill",)
    assert service(found, "mill").owner == "north-team"
    assert service(found, "north-mill").owner == "user:default/ann"
    assert found.left_alone == {"user": 1, "domain": 1}


def test_everything_wrong_is_told_with_its_line_and_the_rest_is_read() -> None:
    found = read(
        entity("Component", "mill"),
        entity("Component", "mill"),
        entity("Wheel", "x"),
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  title: y\n",
        entity("Component", "baker", spec="{dependsOn: [oven]}"),
        "kind: Deployment\nmetadata: {name: not ours}\n",
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: z}\nspec: [1]\n",
        "a: [\n",
    )
    assert [one.slug for one in found.services] == ["mill", "baker"]
    told = troubles(found)
    first = "“mill” stands in catalog-info.yaml:1 already; the first one counts"
    needs = "It depends on “component:default/oven”, which is in none of these files"
    for expected in (
        f"catalog-info.yaml:7: {first}",
        "catalog-info.yaml:14: “Wheel” is no kind that is known here",
        "catalog-info.yaml:21: metadata.name is needed",
        f"catalog-info.yaml:24: {needs}",
        "catalog-info.yaml:36: spec must hold names and values",
    ):
        assert expected in told
    (broken,) = [one for one in told if "not readable as YAML" in one]
    assert broken.startswith("catalog-info.yaml:3")
    assert len(told) == 6


def test_a_bomb_of_aliases_is_read_in_a_moment() -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    text = (
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: z\n  tags: *a59\n"
    )
    found = read("\n".join(lines) + "\n" + text)
    assert [one.slug for one in found.services] == ["z"]


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "owner", "tags", "profile", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["Component", "API", "Group", "System", "Resource", "User"]) | json_like,
    metadata=json_like,
    spec=json_like,
)
def test_no_shape_of_a_document_breaks_the_reader(
    kind: object, metadata: object, spec: object
) -> None:
    document = {"apiVersion": "backstage.io/v1", "kind": kind, "metadata": metadata, "spec": spec}
    read(yaml.safe_dump(document))


@given(text=st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    read(text)


@pytest.mark.skipif(not REAL.is_dir(), reason="the shared data is not here")
def test_real_catalogues_are_read_without_trouble() -> None:
    files = [(one.name, one.read_text()) for one in sorted(REAL.glob("*.yaml"))]
    found = read_backstage(files)
    assert troubles(found) == []
    assert {one.slug for one in found.services} >= {"playback-order", "artists-db"}
    assert service(found, "radix-public-site").owner == "team-radix"
    assert found.left_alone["user"] == 2
