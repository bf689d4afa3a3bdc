#!/bin/bash
# Slurm: sbatch --array=1-100 slurm.sh /path/out.h5.parts; then, with --dependency=afterok, simdprep commit PLAN.
#SBATCH --job-name=simdprep
#SBATCH --cpus-per-task=1
#SBATCH --mem=2G
#SBATCH --requeue
exec "$(dirname "$0")/run_task.sh" "$1" "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT"
