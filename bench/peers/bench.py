"""Times torchvision's networks in ONNX Runtime, OpenVINO, ncnn and resnet on this machine, the same weights in each.

usage: bench.py RESNET_BINARY [--nets resnet50,...] [--precision float32|int8] [--threads 1,2] [--batch 1] [--rounds 5] [--runs 20] [--keep DIR]

Each engine is a process of its own at its defaults (OpenVINO with its float32 hint, as its default may be bfloat16). The
engines take turns, round after round, so that noise hits all alike. Prints a Markdown table: milliseconds of the best run and
of the best round's median, and ours as a ratio to the fastest peer's. For int8 the peers get what ONNX Runtime's
static quantization makes (QDQ, weights by channel, min-max), and ncnn, which has no tool for it in Python, takes no part.
"""
import argparse, json, os, platform, statistics, subprocess, sys, tempfile, time

SIZE = 224
ENGINES = ['ncnn', 'openvino', 'onnxruntime']


def export(net, directory, batch):
    """Writes one network as safetensors, ONNX and ncnn, with batch-norm statistics that keep activations finite."""
    import torch, torchvision
    from safetensors.torch import save_file
    torch.manual_seed(0)
    model = getattr(torchvision.models, net)()
    norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for m in norms:
        m.momentum = None  # the running statistics become those of the one batch below
    with torch.no_grad():
        model.train()(torch.randn(8, 3, 96, 96))
    model.eval()
    base = os.path.join(directory, net)
    save_file({k: v.contiguous() for k, v in model.state_dict().items() if v.is_floating_point()}, base + '.safetensors')
    x = torch.randn(batch, 3, SIZE, SIZE)
    torch.onnx.export(model, x, base + '.onnx', input_names=['x'], output_names=['y'], dynamo=False)
    import pnnx
    here = os.getcwd()
    os.chdir(directory)
    try:
        pnnx.export(model, net + '.pt', x)
    finally:
        os.chdir(here)
    return base


def quantize(base, binary, batch):
    """Writes the network in int8, as QDQ for the peers and by our own command; random pictures calibrate both."""
    import numpy as np
    from onnxruntime import quantization
    from PIL import Image
    rng = np.random.default_rng(0)
    photos = base + '.photos'
    os.makedirs(photos, exist_ok=True)
    for i in range(8):
        pixels = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((256, 256), Image.BICUBIC).save(f'{photos}/{i}.png')

    class Reader(quantization.CalibrationDataReader):
        def __init__(self):
            self.left = iter(rng.standard_normal((8, batch, 3, SIZE, SIZE), dtype=np.float32))

        def get_next(self):
            x = next(self.left, None)
            return None if x is None else {'x': x}

    prepared = base + '.prepared.onnx'
    quantization.shape_inference.quant_pre_process(base + '.onnx', prepared)
    quantization.quantize_static(prepared, base + '.int8.onnx', Reader(), quant_format=quantization.QuantFormat.QDQ, per_channel=True,
                                 activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8)
    subprocess.run([binary, 'weights', 'quantize', base + '.safetensors', base + '.int8.safetensors', '--arch', os.path.basename(base),
                    '--calibrate', photos], check=True)


def load(engine, base, threads, batch):
    """Returns a function that runs the network once."""
    import numpy as np
    x = np.random.default_rng(0).standard_normal((batch, 3, SIZE, SIZE), dtype=np.float32)
    if engine == 'onnxruntime':
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(base + '.onnx', options, providers=['CPUExecutionProvider'])
        return lambda: session.run(None, {'x': x})[0]
    if engine == 'openvino':
        import openvino
        model = openvino.Core().compile_model(base + '.onnx', 'CPU', {
            'INFERENCE_PRECISION_HINT': 'f32', 'PERFORMANCE_HINT': 'LATENCY', 'INFERENCE_NUM_THREADS': threads})
        request = model.create_infer_request()
        return lambda: request.infer({0: x})[0]
    import ncnn
    model = ncnn.Net()
    model.opt.num_threads = threads
    model.load_param(base + '.ncnn.param')
    model.load_model(base + '.ncnn.bin')
    inputs = [ncnn.Mat(image).clone() for image in x]

    def run():
        for image in inputs:
            extractor = model.create_extractor()
            extractor.input('in0', image)
            out = np.array(extractor.extract('out0')[1])
        return out
    return run


def worker(engine, base, threads, batch):
    """Answers each line on stdin, a number of runs, with their times in milliseconds and the process's peak memory."""
    import resource
    run = load(engine, base, threads, batch)
    for _ in range(5):
        run()
    print('ready', flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = time.perf_counter()
            run()
            times.append(1e3 * (time.perf_counter() - start))
        print(json.dumps({'times': times, 'memory': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}), flush=True)


class Peer:
    def __init__(self, engine, base, threads, batch):
        self.process = subprocess.Popen([sys.executable, __file__, '--worker', engine, base, str(threads), str(batch)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        while (line := self.process.stdout.readline()).strip() != 'ready':
            if not line:
                raise RuntimeError(f'{engine} did not start')

    def round(self, runs):
        self.process.stdin.write(f'{runs}\n')
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return answer['times'], answer['memory']

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def ours(binary, base, threads, batch, runs):
    """One process of resnet bench: the minimum and the median of its runs, and its peak memory."""
    arch = os.path.basename(base).removesuffix('.int8')
    out = subprocess.run([binary, 'bench', '--weights', base + '.safetensors', '--arch', arch, '--threads', str(threads),
                          '--batch', str(batch), '--runs', str(runs), '--format', 'json'], capture_output=True, text=True, check=True)
    answer = json.loads(out.stdout)
    return (answer['latency_ms']['min'], answer['latency_ms']['median']), answer['memory_bytes'] / 2**20


def measure(args, net, base, threads):
    engines = [e for e in ENGINES if e != 'ncnn' or args.precision == 'float32']
    peers = {engine: Peer(engine, base, threads, args.batch) for engine in engines}
    rounds, memory = {e: [] for e in engines + ['resnet']}, {}  # of each the best run and the median
    for _ in range(args.rounds):
        for engine, peer in peers.items():
            times, memory[engine] = peer.round(args.runs)
            rounds[engine].append((min(times), statistics.median(times)))
        both, memory['resnet'] = ours(args.binary, base, threads, args.batch, args.runs)
        rounds['resnet'].append(both)
    for peer in peers.values():
        peer.close()
    best = {engine: [min(values) for values in zip(*pairs)] for engine, pairs in rounds.items()}
    fastest = [min(values) for values in zip(*(best[engine] for engine in engines))]

    def cell(engine):
        if engine not in best:
            return '–'
        return ' / '.join(f'**{v:.1f}**' if v == least else f'{v:.1f}' for v, least in zip(best[engine], fastest))
    ratios = ' / '.join(f'{v / least:.2f}' for v, least in zip(best['resnet'], fastest))
    row = [net, str(threads), *map(cell, ENGINES), cell('resnet'), ratios]
    row += [f'{memory["resnet"]:.0f}', ' / '.join(f'{memory[e]:.0f}' if e in memory else '–' for e in ENGINES)]
    print('| ' + ' | '.join(row) + ' |', flush=True)


def versions():
    from importlib.metadata import version
    return ', '.join(f'{name} {version(name)}' for name in ENGINES)


def cpu():
    try:
        with open('/proc/cpuinfo') as f:
            text = f.read()
        name = next(line.split(':')[1].strip() for line in text.splitlines() if line.startswith('model name'))
        return name + (', AVX-512' if 'avx512f' in text else ', AVX2 without AVX-512' if 'avx2' in text else '')
    except (OSError, StopIteration):
        return platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('binary')
    parser.add_argument('--nets', default='resnet18,resnet34,resnet50,resnet101,resnet152,resnext50_32x4d,wide_resnet50_2')
    parser.add_argument('--precision', default='float32', choices=['float32', 'int8'])
    parser.add_argument('--threads', default='1,2')
    parser.add_argument('--batch', type=int, default=1)
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--runs', type=int, default=20)
    parser.add_argument('--keep', help='a directory for the exported networks, used again')
    args = parser.parse_args()
    directory = args.keep or tempfile.mkdtemp()
    os.makedirs(directory, exist_ok=True)
    print(f'{cpu()}; {versions()}; batch {args.batch}, 3×{SIZE}×{SIZE}, {args.precision}; ms: the best of {args.rounds} × {args.runs} runs / the best of {args.rounds} medians\n')
    head = ['net', 'threads', *ENGINES, 'resnet', 'ratio to the fastest', 'MiB', 'MiB of the others']
    print('| ' + ' | '.join(head) + ' |\n| ' + ' | '.join(['---'] + ['---:'] * (len(head) - 1)) + ' |', flush=True)
    for net in args.nets.split(','):
        base = os.path.join(directory, net)
        if not os.path.exists(base + '.ncnn.bin'):
            subprocess.run([sys.executable, __file__, '--export', net, directory, str(args.batch)], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if args.precision == 'int8':
            if not os.path.exists(base + '.int8.safetensors'):
                subprocess.run([sys.executable, __file__, '--quantize', base, args.binary, str(args.batch)], check=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            base += '.int8'
        for threads in args.threads.split(','):
            measure(args, net, base, int(threads))


if __name__ == '__main__':
    if sys.argv[1:2] == ['--worker']:
        worker(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
    elif sys.argv[1:2] == ['--export']:
        export(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    elif sys.argv[1:2] == ['--quantize']:
        quantize(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main()
