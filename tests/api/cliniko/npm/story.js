// Makes every call of the published client that Clinic serves, and prints what each answered, as one JSON object.
// node story.js BASE_URL KEY IDS, where IDS is JSON: { patient_id, practitioner_id, appointment_type_id, business_id }.
const { ClinikoClient } = require('cliniko-api-client');

const [, , baseUrl, key, given] = process.argv;
const ids = JSON.parse(given);

// The client reports with console.log and console.error; standard output is for the result alone.
const said = [];
console.log = (...words) => said.push(words.join(' '));
console.error = (...words) => said.push(words.join(' '));

async function story() {
  const client = new ClinikoClient(key, baseUrl, 'tests@example.org');
  const told = {};
  told.connected = await client.testConnection();
  await client.getAccountInfo();

  told.created = await client.createPatient({
    first_name: 'Test',
    last_name: "O'Patient",
    date_of_birth: '1990-01-01',
    gender: 'Other',
    email: 'test.patient@example.com',
    phone_number: '+61 400 123 456',
    address_1: '123 Test Street',
    city: 'Sydney',
    state: 'NSW',
    post_code: '2000',
    country: 'Australia',
    notes: 'Created by the client',
  });
  told.patient = await client.getPatient(told.created.id);
  told.updated = await client.updatePatient(told.created.id, { notes: 'Updated', phone_number: '+61 400 987 654' });
  told.patients = await client.getPatients([], 1);
  told.found = await client.searchPatients('Tes', 'patient', 'example.com');
  told.born = await client.getPatients([
    { field: 'date_of_birth', operator: '>=', value: '1990-01-01' },
    { field: 'date_of_birth', operator: '<', value: '2000-01-01' },
  ]);

  const starts = new Date(Date.now() + 24 * 60 * 60 * 1000);
  const ends = new Date(starts.getTime() + 60 * 60 * 1000);
  told.booked = await client.createAppointment({
    ...ids,
    starts_at: starts.toISOString(),
    ends_at: ends.toISOString(),
    notes: 'Booked by the client',
  });
  told.appointment = await client.getAppointment(told.booked.id);
  told.moved = await client.updateAppointment(told.booked.id, { ends_at: null, notes: 'Moved' });
  told.appointments = await client.getAppointments();
  told.mine = await client.getAppointments([{ field: 'practitioner_id', operator: '=', value: ids.practitioner_id }], 1);
  told.today = await client.getTodaysAppointments();
  told.week = await client.getAppointmentsByDateRange(new Date(), new Date(Date.now() + 7 * 24 * 60 * 60 * 1000));
  await client.cancelAppointment(told.booked.id, '50');
  told.gone = await client.getAppointment(told.booked.id).catch((error) => error.response.status);

  told.practitioners = await client.getPractitioners();
  told.practitioner = await client.getPractitioner(ids.practitioner_id);
  told.types = await client.getAppointmentTypes();
  told.type = await client.getAppointmentType(ids.appointment_type_id);
  told.businesses = await client.getBusinesses();
  told.business = await client.getBusiness(ids.business_id);
  told.notes = await client.getTreatmentNotesForPatient(ids.patient_id);

  told.refused = await client.createPatient({ first_name: 'x' }).catch((error) => error.response.data);
  await client.deletePatient(told.created.id);
  told.away = await client.getPatient(told.created.id).catch((error) => error.response.status);
  told.said = said;
  return told;
}

story().then(
  (told) => process.stdout.write(JSON.stringify(told)),
  (error) => {
    process.stderr.write(`${error.stack}\n${JSON.stringify(error.response && error.response.data)}\n`);
    process.exit(1);
  },
);
