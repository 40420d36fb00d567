#!/usr/bin/env bash
# Draw a file of prompts as a Slurm array: sixteen shards on one GPU each, eight at once.
#
#     sbatch examples/cloud/slurm.sh prompts.txt out
#
#SBATCH --job-name=vqclip
#SBATCH --array=0-15%8
#SBATCH --gpus-per-node=1
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --signal=B:USR1@120
#SBATCH --open-mode=append
#SBATCH --output=vqclip-%A-%a.log
set -euo pipefail

# Two minutes before the time limit: queue this shard again. Slurm then ends vqclip with SIGTERM, and it saves its step.
trap 'scontrol requeue "$SLURM_JOB_ID"' USR1
srun --cpus-per-task="$SLURM_CPUS_PER_TASK" vqclip batch "$1" -o "$2" --shard auto --seed 1 &
# The first wait ends with the signal.
wait "$!" || wait "$!"
