#!/usr/bin/env bash
# Beam's job server for Flink says that a batch job is CANCELLED as soon as it is told to cancel it, and Flink goes on with the job:
# elements are computed for as long as there are some. Whoever frees the input, or begins the job anew, when cancel() has come
# back has two jobs that run. To end it one has to cancel it at Flink, by its REST interface.
# Seen with Beam 2.62.0 and Flink 1.19 in one process, Python 3.11 and its portable runner. Needs Java 17 and Maven.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q apache-beam==2.62.0
cat >pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>g</groupId><artifactId>a</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.beam</groupId><artifactId>beam-runners-flink-1.19</artifactId><version>2.62.0</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.30</version></dependency>
  </dependencies>
</project>
XML
mvn -q -B -ntp dependency:copy-dependencies -DoutputDirectory=lib -DincludeScope=runtime
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
java -Xmx512m --add-opens java.base/java.util=ALL-UNNAMED --add-opens java.base/java.lang=ALL-UNNAMED -cp 'lib/*' \
	org.apache.beam.runners.flink.FlinkJobServerDriver --job-host 127.0.0.1 --job-port "$port" --artifact-port 0 --expansion-port -1 \
	--artifacts-dir "$work/artifacts" --flink-master '[local]' >server.log 2>&1 &
server=$!
for _ in $(seq 120); do
	grep -q 'Job server now running' server.log && break
	sleep 1
done
cat >job.py <<'PY'
import os, sys, time
import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

def slow(x):
    time.sleep(0.5)
    open('done', 'a').write('x')

def done():
    return os.path.getsize('done') if os.path.exists('done') else 0

p = beam.Pipeline(options=PipelineOptions(
    ['--runner=PortableRunner', '--job_endpoint=127.0.0.1:' + sys.argv[1], '--environment_type=LOOPBACK', '--parallelism=1']))
p | beam.Create(range(1000)) | beam.Reshuffle() | beam.Map(slow)
result = p.run()
for _ in range(240):
    if done() > 4:
        break
    time.sleep(0.5)
result.cancel()
state, first = result.state, done()
time.sleep(20)
then, last = result.state, done()
print(f'apache-beam {beam.__version__}: {state} after {first} of 1000 elements; 20 s later {then}, and {last} elements are done', flush=True)
assert first > 4 and state == then == 'CANCELLED' and last > first + 10, 'that has changed'
os._exit(0)
PY
TMPDIR=$work venv/bin/python job.py "$port"
