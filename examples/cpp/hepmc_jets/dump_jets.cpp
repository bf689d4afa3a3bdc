// dump_jets INPUT.hepmc OUTPUT: clusters the particles of every event and dumps the jets with their constituents.
#include <HepMC3/GenEvent.h>
#include <HepMC3/GenParticle.h>
#include <HepMC3/ReaderAscii.h>
#include <fastjet/ClusterSequence.hh>
#include <simdprep/hdf5.hpp>
#include <simdprep/simdprep.hpp>

#include <iostream>
#include <vector>

using fastjet::PseudoJet;

std::vector<PseudoJet> final_particles(const HepMC3::GenEvent& event) {
    std::vector<PseudoJet> particles;
    for (const auto& particle : event.particles()) {
        if (particle->status() != 1) continue;
        const HepMC3::FourVector& p = particle->momentum();
        particles.emplace_back(p.px(), p.py(), p.pz(), p.e());
        particles.back().set_user_index(particle->pid());
    }
    return particles;
}

int main(int argc, char** argv) try {
    if (argc != 3) return 1;
    simdprep::Columns<HepMC3::GenEvent> events;
    events.add("number", &HepMC3::GenEvent::event_number)
        .add("weight", [](const HepMC3::GenEvent& event) { return event.weight(); });

    simdprep::Columns<PseudoJet> jets;
    jets.add("pt", &PseudoJet::pt, {.unit = "GeV"}).add("eta", &PseudoJet::eta).add("phi", &PseudoJet::phi_std)
        .add("mass", &PseudoJet::m, {.unit = "GeV"});

    simdprep::Columns<PseudoJet> constituents;
    constituents.add("pt", &PseudoJet::pt, {.unit = "GeV"}).add("eta", &PseudoJet::eta).add("phi", &PseudoJet::phi_std)
        .add("id", &PseudoJet::user_index, {.fill = 0});

    simdprep::Writer out(simdprep::Hdf5Sink(argv[2], {.overwrite = true}), {.threads = 4});
    auto event_row = out.objects("events", events);
    auto jet_rows = out.objects("jets", jets, {.max_length = 4, .order_by = "-pt"});
    auto constituent_rows = out.objects("constituents", constituents, {.max_length = {4, 25}, .parent = jet_rows});

    HepMC3::ReaderAscii file(argv[1]);
    HepMC3::GenEvent event;
    while (file.read_event(event) && !file.failed()) {
        const fastjet::ClusterSequence clusters(final_particles(event), {fastjet::antikt_algorithm, 0.4});
        const std::vector<PseudoJet> found = clusters.inclusive_jets(20);
        std::vector<std::vector<PseudoJet>> inside;
        for (const PseudoJet& jet : found) inside.push_back(sorted_by_pt(jet.constituents()));
        event_row.fill(event);
        jet_rows.fill(found);
        constituent_rows.fill(inside);
        out.end_event();
    }
    std::cout << out.close();
} catch (const simdprep::Error& error) {
    std::cerr << error.what() << '\n';
    return error.exit_code();
}
