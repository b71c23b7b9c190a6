/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.autoconfigure;

import java.time.OffsetDateTime;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.UpperCamelCaseStrategy;
import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.Test;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.codec.autoconfigure.CodecsAutoConfiguration;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jackson2.autoconfigure.Jackson2AutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * The application's own Jackson settings change neither a byte that is sent nor how
 * errors are read.
 */
@SuppressWarnings("removal")
class HostileJacksonTests {

	private static final BookingConfirmed BOOKING = BookingConfirmed
		.occurredAt(OffsetDateTime.parse("2022-01-24T16:34:30+01:00"))
		.withCfarContractId("contract")
		.withBookingReference("cfar", "PNR");

	private static final String EXPECTED = "{\"type\":\"booking_confirmed\",\"occurred_date_time\":"
			+ "\"2022-01-24T15:34:30Z\",\"cfar_contract_id\":\"contract\",\"booking_references\":{\"cfar\":\"PNR\"}}";

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class, WebClientAutoConfiguration.class,
				CodecsAutoConfiguration.class, JacksonAutoConfiguration.class, Jackson2AutoConfiguration.class))
		.withPropertyValues("hopper.auth.token=token");

	@Test
	void propertiesOfTheApplicationChangeNothing() throws Exception {
		assertUnchanged(this.contextRunner.withPropertyValues(
				"spring.jackson.property-naming-strategy=tools.jackson.databind.PropertyNamingStrategies$UpperCamelCaseStrategy",
				"spring.jackson.datatype.datetime.write-dates-as-timestamps=true",
				"spring.jackson.default-property-inclusion=always", "spring.jackson.serialization.indent-output=true",
				"spring.jackson.deserialization.fail-on-unknown-properties=true"));
	}

	@Test
	void mapperOfTheApplicationChangesNothing() throws Exception {
		assertUnchanged(this.contextRunner.withBean(JsonMapper.class,
				() -> JsonMapper.builder()
					.propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
					.enable(SerializationFeature.INDENT_OUTPUT, SerializationFeature.WRAP_ROOT_VALUE)
					.enable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
					.enable(JsonWriteFeature.ESCAPE_NON_ASCII)
					.build()));
	}

	@Test
	void mapperOfJackson2ChangesNothing() throws Exception {
		assertUnchanged(this.contextRunner.withPropertyValues("spring.http.codecs.preferred-json-mapper=jackson2")
			.withBean(ObjectMapper.class,
					() -> new ObjectMapper().setPropertyNamingStrategy(new UpperCamelCaseStrategy())));
	}

	private void assertUnchanged(ApplicationContextRunner runner) throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			server.thenStatus(204)
				.thenAnswer(ScriptedServer.response(422,
						"{\"errors\":[{\"message\":\"No\",\"code\":\"c\",\"unknown\":1}],\"more\":2}",
						"Content-Type: application/json"));
			runner.withPropertyValues("hopper.base-url=" + server.baseUrl()).run((context) -> {
				EventPublisher publisher = context.getBean(EventPublisher.class);
				publisher.publishAndWait("session", BOOKING);
				assertThat(server.requests().get(0).text()).isEqualTo(EXPECTED);
				HopperApiException.Rejected rejected = catchThrowableOfType(HopperApiException.Rejected.class,
						() -> publisher.publishAndWait("session", BOOKING));
				assertThat(rejected.getErrors()).singleElement()
					.satisfies((error) -> assertThat(error.code()).isEqualTo("c"));
			});
		}
	}

}
