"""Asks a server by the official Python clients of Triton and KServe, each in every way that it has, and compares.

    python -m venv venv && venv/bin/pip install 'tritonclient[http]==2.73.0' kserve==0.21.0
    resnet serve --addr 127.0.0.1:8080 &
    venv/bin/python internal/serve/testdata/clients.py 127.0.0.1:8080 docs/img/orange.png
"""

import asyncio
import base64
import json
import sys
import urllib.request

import numpy as np
import tritonclient.http as triton
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from tritonclient.utils import InferenceServerException

MODEL = "resnet18_tiny"


def by_triton(address, photo):
    with triton.InferenceServerClient(address) as client:
        assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(MODEL)
        assert client.is_model_ready(MODEL, "1")
        assert client.get_server_metadata()["extensions"] == ["binary_tensor_data", "classification"]
        metadata = client.get_model_metadata(MODEL)
        shape = metadata["inputs"][1]["shape"]
        images = np.array([photo, photo], dtype=np.object_)
        results = []
        for binary_in in (True, False):
            for binary_out in (True, False):
                image = triton.InferInput("image", [2], "BYTES")
                image.set_data_from_numpy(images if binary_in else np.array([base64.b64encode(photo)] * 2, dtype=np.object_), binary_data=binary_in)
                output = triton.InferRequestedOutput("logits", binary_data=binary_out)
                results.append(client.infer(MODEL, [image], outputs=[output], request_id="a").as_numpy("logits"))
        image.set_data_from_numpy(images)
        results.append(client.infer(MODEL, [image]).as_numpy("logits"))
        for other in results:
            assert other.shape == (2, 200) and (other == results[0]).all()
        best = client.infer(MODEL, [image], outputs=[triton.InferRequestedOutput("logits", class_count=3)]).as_numpy("logits")
        assert best.shape == (2, 3) and best[0, 0].decode().endswith(":orange"), best
        tensor = triton.InferInput("input", [1, *shape[1:]], "FP32")
        values = np.sin(np.arange(np.prod(shape[1:]), dtype=np.float32)).reshape(1, *shape[1:])
        both = []
        for binary in (True, False):
            tensor.set_data_from_numpy(values, binary_data=binary)
            both.append(client.infer(MODEL, [tensor]).as_numpy("logits"))
        assert (both[0] == both[1]).all()
        for wrong in ("nosuch", MODEL):
            try:
                client.infer(wrong, [triton.InferInput("image", [1], "BYTES").set_data_from_numpy(np.array([b"no picture"], dtype=np.object_))])
            except InferenceServerException as e:
                print("  refused:", e)
            else:
                raise AssertionError(wrong)
        return results[0][0], both[0]


async def by_kserve(address, photo, tensor_shape):
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    url = f"http://{address}"
    assert await client.is_server_live(url) and await client.is_server_ready(url)
    assert await client.is_model_ready(url, MODEL)
    image = InferInput("image", [1], "BYTES")
    image.set_data_from_numpy(np.array([photo], dtype=np.object_), binary_data=True)
    by_blob = await client.infer(url, InferRequest(MODEL, [image]), model_name=MODEL)
    tensor = InferInput("input", tensor_shape, "FP32")
    values = np.sin(np.arange(np.prod(tensor_shape), dtype=np.float32)).reshape(tensor_shape)
    both = []
    for binary in (True, False):
        tensor.set_data_from_numpy(values, binary_data=binary)
        both.append((await client.infer(url, InferRequest(MODEL, [tensor]), model_name=MODEL)).outputs[0].as_numpy())
    assert (both[0] == both[1]).all()
    return by_blob.outputs[0].as_numpy()[0], both[0]


def main():
    address, photo = sys.argv[1], open(sys.argv[2], "rb").read()
    image, tensor = by_triton(address, photo)
    print("tritonclient: well")
    image2, tensor2 = asyncio.run(by_kserve(address, photo, [1, 3, 64, 64]))
    assert np.array_equal(image, image2.reshape(-1)) and np.array_equal(tensor.reshape(-1), tensor2.reshape(-1))
    print("kserve: well")
    request = urllib.request.Request(f"http://{address}/v2/models/{MODEL}/classify?top=all", photo, {"Content-Type": "image/png"})
    logits = {p["index"]: p["logit"] for p in json.load(urllib.request.urlopen(request))["results"][0]["predictions"]}
    assert all(np.float32(logits[i]) == image[i] for i in range(200))
    print("classify has the same logits")


main()
