/** What a new scheduler's text begins with. */
export const firstText = `name: scorer
game: analytics
runtime: process
cmd: ["python3", "score.py"]
autoscaling:
  min: 1
  max: 10
`;

/** Every field, as docs/rooms.md describes it. */
export const example = `name: scorer              # unique: letters a to z, digits and dashes
game: analytics           # a free label that groups schedulers
runtime: process          # process | kubernetes
image: null               # kubernetes: what its pods run
cmd: ["python3", "score.py"]
env: [{name: MODE, value: fast}]
ports: [{containerPort: 5050, protocol: TCP, name: http}]
requests: {memory: 256Mi, cpu: 500m}
limits: {memory: 1Gi, cpu: "1"}
shutdownTimeout: 180      # seconds between SIGTERM and SIGKILL
occupiedTimeout: 0        # seconds; above 0, a room that is occupied for longer is removed
affinity: null            # kubernetes: a label of the nodes where they run
toleration: null          # kubernetes: a taint that they bear
maxSurge: 25              # per cent of the rooms that are replaced at a time
autoscaling:
  min: 1
  max: 10                 # 0: no cap
  up:   {metricsTrigger: [{type: room, usage: 70, threshold: 80, time: 600, limit: 90}], cooldown: 300}
  down: {metricsTrigger: [{type: room, usage: 50, threshold: 80, time: 900}], cooldown: 300}
forwarders: [{url: "https://example.com/events"}]
pingNetworks: []          # networks whose rooms may ping without their token
`;
