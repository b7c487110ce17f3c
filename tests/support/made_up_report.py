"""A whole report of a run that never was."""

from tests.support import made_up, made_up_sizes
from tinyedge.report import Provenance, ReportData


def report_data(held: bool = True, recipe: bool = True) -> ReportData:
    return ReportData(
        board=made_up.board(),
        inspect=made_up.inspect(),
        build=made_up_sizes.build(),
        size=made_up_sizes.size(),
        validate=made_up.validate(held),
        bench=made_up.bench(),
        profile=made_up.profile() if recipe else None,
        debug=made_up.debug() if recipe else None,
        train=made_up.train() if recipe else None,
        quantize=made_up.quantize() if recipe else None,
        examples=made_up.examples() if recipe else (),
        spectrograms=False,
        target="made-up --board netduinoplus2 --runtime aot",
        provenance=Provenance(
            versions=(("tinyedge", "0.1.0"), ("arm-none-eabi-gcc", "12.2.1"), ("QEMU", "7.2.22")),
            hashes=(("model.tflite", made_up.SHA), ("firmware.elf", made_up.SHA)),
            commands=("tinyedge demo made-up --board netduinoplus2 --runtime aot --samples 200",),
        ),
    )
