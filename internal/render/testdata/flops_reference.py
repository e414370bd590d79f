"""What tools that count operations print for three networks of torchvision: flops_reference.json.

Each tool is installed in its version into a directory of its own; torch and torchvision are those of the Python that runs this:

    python flops_reference.py > flops_reference.json
"""
import json, os, subprocess, sys, tempfile

NETS = ['resnet18', 'resnet50', 'resnext50_32x4d']

# name in the view -> (package, version, other packages it needs, expression of its figure for the network m and the input x)
TOOLS = {
    'fvcore': ('fvcore', '0.1.5.post20221221', ['iopath', 'yacs', 'portalocker', 'tabulate', 'termcolor', 'tqdm'],
               "__import__('fvcore.nn').nn.FlopCountAnalysis(m, x).unsupported_ops_warnings(False).total()"),
    'thop 0.1.1': ('thop', '0.1.1.post2209072238', [], "__import__('thop').profile(m, (x,), verbose=False)[0]"),
    'ptflops 0.7 by hooks': ('ptflops', '0.7.5', [],
                             "__import__('ptflops').get_model_complexity_info(m, (3, 224, 224), as_strings=False, print_per_layer_stat=False, backend='pytorch')[0]"),
    'ptflops 0.7 by aten': ('ptflops', '0.7.5', [],
                            "__import__('ptflops').get_model_complexity_info(m, (3, 224, 224), as_strings=False, print_per_layer_stat=False, backend='aten')[0]"),
    'ptflops 0.6 by hooks, mmcv': ('ptflops', '0.6.9', [],
                                   "__import__('ptflops').get_model_complexity_info(m, (3, 224, 224), as_strings=False, print_per_layer_stat=False)[0]"),
    'torchinfo 1.8': ('torchinfo', '1.8.0', [], "__import__('torchinfo').summary(m, input_data=x, verbose=0).total_mult_adds"),
    'calflops 0.3': ('calflops', '0.3.2', ['accelerate', 'psutil'],
                     "__import__('calflops').calculate_flops(m, input_shape=(1, 3, 224, 224), output_as_string=False, print_results=False, print_detailed=False)[0]"),
    "PyTorch's FlopCounterMode": (None, None, [], 'counted(m, x)'),
}

CHILD = '''
import io, contextlib, json, sys, torch, torchvision
def counted(m, x):
    from torch.utils.flop_counter import FlopCounterMode
    with FlopCounterMode(display=False) as counter:
        m(x)
    return counter.get_total_flops()
out = {}
for name in json.loads(sys.argv[2]):
    m, x = getattr(torchvision.models, name)().eval(), torch.zeros(1, 3, 224, 224)
    with contextlib.redirect_stdout(io.StringIO()), torch.no_grad():
        out[name] = int(eval(sys.argv[1]))
print(json.dumps(out))
'''


def measure(package, version, needs, expression):
    with tempfile.TemporaryDirectory() as where:
        env = dict(os.environ)
        if package:
            subprocess.run([sys.executable, '-m', 'pip', 'install', '-q', '--no-deps', '--target', where, f'{package}=={version}', *needs],
                           check=True, stdout=sys.stderr)
            env['PYTHONPATH'] = where
        out = subprocess.run([sys.executable, '-c', CHILD, expression, json.dumps(NETS)], check=True, env=env, stdout=subprocess.PIPE)
        return json.loads(out.stdout)


if __name__ == '__main__':
    import torch, torchvision
    tools = {by: measure(*tool) for by, tool in TOOLS.items()}
    print('{"torch": "%s", "torchvision": "%s",\n "tools": {' % (torch.__version__.split('+')[0], torchvision.__version__.split('+')[0]))
    print(',\n'.join(f'  {json.dumps(by)}: {json.dumps(nets)}' for by, nets in tools.items()) + '}}')
