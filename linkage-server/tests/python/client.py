"""Talks to the service as a stranger would: it knows the address and reflection, nothing of the schema.

Usage: client.py ADDRESS. Exit status 0 when every answer is as expected. Needs grpcio and grpcio-reflection.
"""

import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from grpc_reflection.v1alpha import reflection_pb2

SERVICE = "linkage.v1.LinkageService"
DEADLINE_SECONDS = 20


class Reflection:
    """The schema of a server, asked for by one version of reflection; the messages of both are the same on the wire."""

    def __init__(self, channel, version):
        self.ask_all = channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )
        self.pool = descriptor_pool.DescriptorPool()
        self.known = set()

    def ask(self, **question):
        request = reflection_pb2.ServerReflectionRequest(**question)
        return next(iter(self.ask_all(iter([request]), timeout=DEADLINE_SECONDS)))

    def services(self):
        answer = self.ask(list_services="")
        return sorted(service.name for service in answer.list_services_response.service)

    def learn(self, symbol):
        """Adds the file of a symbol and all it imports."""
        self.add(self.ask(file_containing_symbol=symbol))

    def add(self, answer):
        assert not answer.HasField("error_response"), answer.error_response
        for encoded in answer.file_descriptor_response.file_descriptor_proto:
            file = descriptor_pb2.FileDescriptorProto.FromString(encoded)
            if file.name in self.known:
                continue
            self.known.add(file.name)
            for imported in file.dependency:
                if imported not in self.known:
                    self.add(self.ask(file_by_filename=imported))
            self.pool.Add(file)


class Client:
    """Calls methods by name, with messages as dictionaries."""

    def __init__(self, channel, reflection, service):
        reflection.learn(service)
        self.channel = channel
        self.pool = reflection.pool
        self.service = self.pool.FindServiceByName(service)

    def call(self, name, request):
        method = self.service.methods_by_name[name]
        request_class = message_factory.GetMessageClass(method.input_type)
        response_class = message_factory.GetMessageClass(method.output_type)
        path = f"/{self.service.full_name}/{name}"
        encode, decode = request_class.SerializeToString, response_class.FromString
        if isinstance(request, list):
            messages = iter([json_format.ParseDict(item, request_class()) for item in request])
            answer = self.channel.stream_unary(path, encode, decode)(messages, timeout=DEADLINE_SECONDS)
        else:
            message = json_format.ParseDict(request, request_class())
            answer = self.channel.unary_unary(path, encode, decode)(message, timeout=DEADLINE_SECONDS)
        return json_format.MessageToDict(
            answer,
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
            descriptor_pool=self.pool,
        )

    def refusal(self, name, request):
        """The code and details of a call that must fail."""
        try:
            self.call(name, request)
        except grpc.RpcError as error:
            return error.code(), error.details()
        raise AssertionError(f"{name} was answered")


def account(platform, account_id, **fields):
    return {
        "platform": platform,
        "account_id": account_id,
        "observed_at": "2026-01-05T10:00:00Z",
        "source": "test",
        **fields,
    }


def enforcement(number, account_id, day):
    return {
        "platform": "ebay_uk",
        "enforcement_id": f"e{number}",
        "account_id": account_id,
        "taken_at": f"2026-01-{day:02}T10:00:00Z",
        "decided_at": f"2026-01-{day:02}T12:00:00Z",
        "action": "ENFORCEMENT_ACTION_TAKEDOWN",
        "outcome": "ENFORCEMENT_OUTCOME_UPHELD",
        "right": {"kind": "RIGHT_KIND_TRADE_MARK", "office": "UKIPO", "number": "UK00003123456"},
    }


BANNED = account(
    "ebay_uk",
    "sportzone88",
    display_name="Sport Zone 88",
    persons=[{"name": "Wang Xiaoming", "birth_date": "1984-03-09"}],
    emails=["wang.xm8403@example.com"],
    phones=["+86 138 0013 8000"],
    payments=[{"scheme": "PAYPAL", "value": "pay.wangxm@example.com", "holder_name": "Wang Xiaoming"}],
)
RETURNED = account(
    "tiktok_shop",
    "7712",
    display_name="5port Zone",
    persons=[{"name": "Xiaoming Wang", "birth_date": "1984-03-09"}],
    phones=["0086 13800138000"],
    payments=[{"scheme": "paypal", "value": "Pay.WangXM@example.com"}],
)
STRANGER = account("ebay_uk", "gardenjoy", persons=[{"name": "Mary Pembroke"}], emails=["mary@example.org"])


def ingest(client):
    records = [{"account": BANNED}, {"account": STRANGER}]
    records += [{"enforcement": enforcement(day, "sportzone88", day)} for day in (6, 7, 8)]
    stream = [{"request_id": "python-1", "link": True, **record} for record in records]
    first = client.call("Ingest", stream)
    assert first["request_id"] == "python-1", first
    assert first["accounts"] == {"added": "2", "unchanged": "0"}, first
    assert first["enforcements"] == {"added": "3", "unchanged": "0"}, first
    assert first["accounts_waiting"] == "0", first
    again = client.call("Ingest", stream)
    assert again["accounts"] == {"added": "0", "unchanged": "2"}, again

    changed = {**BANNED, "display_name": "Another name"}
    code, details = client.refusal("Ingest", [{"account": changed}])
    assert code == grpc.StatusCode.ALREADY_EXISTS and details.startswith("records[0]: "), details
    bad = {**STRANGER, "persons": [{"birth_date": "2024-02-30"}]}
    code, details = client.refusal("Ingest", [{"account": RETURNED}, {"account": bad}])
    assert code == grpc.StatusCode.INVALID_ARGUMENT, details
    assert details.startswith("records[1].account.persons[0].birth_date: expected an ISO date"), details
    code, _ = client.refusal("Check", {"account": "tiktok_shop/7712"})
    assert code == grpc.StatusCode.NOT_FOUND, "a refused stream was stored"


def resolve(client):
    answer = client.call("Resolve", {"accounts": [RETURNED, account("p", "nobody", emails=["n@example.net"])]})
    found, nobody = answer["resolutions"]
    assert found["account"] == "tiktok_shop/7712" and found["best_account"] == "ebay_uk/sportzone88", found
    assert found["band"] in ("BAND_ACT", "BAND_LEAD") and found["network_id"], found
    assert 0.9 <= found["probability"] <= 1, found
    assert found["reasons"][0]["kind"] == "PRIOR" and len(found["reasons"]) > 2, found
    assert nobody["band"] == "BAND_NONE" and not nobody["network_id"], nobody

    stored = client.call("Resolve", {"request_id": "python-2", "accounts": [RETURNED], "store": True})
    assert stored["resolutions"][0]["best_account"] == "ebay_uk/sportzone88", stored
    changed = {"accounts": [{**RETURNED, "display_name": "Another name"}], "store": True}
    code, details = client.refusal("Resolve", changed)
    assert code == grpc.StatusCode.ALREADY_EXISTS and details.startswith("accounts[0]: "), (code, details)


def explain(client):
    answer = client.call("Explain", {"left": "ebay_uk/sportzone88", "right": "tiktok_shop/7712"})
    total = sum(term["bits"] for term in answer["terms"] if term["counted"])
    assert abs(total - answer["weight_bits"]) < 1e-6, (total, answer["weight_bits"])
    assert answer["relation"] == "RELATION_SAME_OPERATOR" and all(term["sentence"] for term in answer["terms"]), answer
    code, details = client.refusal("Explain", {"left": "ebay_uk/sportzone88", "right": "p/never"})
    assert (code, details) == (grpc.StatusCode.NOT_FOUND, "right: no such account"), (code, details)
    code, details = client.refusal("Explain", {"left": "no slash", "right": "p/never"})
    assert code == grpc.StatusCode.INVALID_ARGUMENT and details.startswith("left: expected"), (code, details)


def check(client):
    yes = client.call("Check", {"account": "ebay_uk/sportzone88"})
    assert yes["status"] == "CHECK_STATUS_YES" and yes["strikes"] == "3" and yes["strike_days"] == "3", yes
    assert yes["platforms"] == ["ebay_uk"] and yes["reason"], yes
    assert yes["first_on"].startswith("2026-01-06") and yes["last_on"].startswith("2026-01-08"), yes
    no = client.call("Check", {"account": "ebay_uk/gardenjoy"})
    assert no["status"] == "CHECK_STATUS_NO" and no["strikes"] == "0", no
    return yes["network_id"]


def network(client, network_id):
    answer = client.call("GetNetwork", {"id": network_id})
    assert answer["id"] == network_id and not answer["next_page_token"], answer
    assert "ebay_uk/sportzone88" in [member["account"] for member in answer["members"]], answer
    code, _ = client.refusal("GetNetwork", {"id": "N999999"})
    assert code == grpc.StatusCode.NOT_FOUND, code


def main(address):
    with grpc.insecure_channel(address) as channel:
        grpc.channel_ready_future(channel).result(timeout=DEADLINE_SECONDS)
        for version in ("v1", "v1alpha"):
            reflection = Reflection(channel, version)
            assert {SERVICE, "grpc.health.v1.Health"} <= set(reflection.services()), reflection.services()
            client = Client(channel, reflection, SERVICE)
            names = sorted(client.service.methods_by_name)
            assert {"Check", "Explain", "GetNetwork", "Ingest", "Resolve", "Search", "Watch"} <= set(names), names
        health = Client(channel, reflection, "grpc.health.v1.Health").call("Check", {"service": SERVICE})
        assert health["status"] == "SERVING", health
        ingest(client)
        resolve(client)
        explain(client)
        network(client, check(client))
    print("every answer was as expected")


if __name__ == "__main__":
    main(sys.argv[1])
