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
package com.hopper.hts.events.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.autoconfigure.ImportAutoConfiguration;

/**
 * Records events instead of sending them, in a {@code @SpringBootTest} and in slices such
 * as {@code @WebMvcTest} and {@code @WebFluxTest}. {@link PublishedHopperEvents}, a bean
 * and a parameter of test methods, has the events:
 *
 * <pre class="code">
 * &#064;SpringBootTest
 * &#064;AutoConfigureHopperEvents
 * class BookingServiceTests {
 *
 * 	&#064;Test
 * 	void tellsHopper(&#064;Autowired BookingService service, PublishedHopperEvents published) {
 * 		service.confirm("session-1", "contract-1");
 * 		assertThat(published).contains(BookingConfirmed.class)
 * 			.forSession("session-1")
 * 			.withCfarContractId("contract-1")
 * 			.once();
 * 	}
 *
 * }
 * </pre>
 *
 * The annotation replaces every {@link EventPublisher} and {@link EventOutbox} of the
 * application context, including the application's own ones, and even with
 * {@code hopper.enabled=false}. An application's own bean is then injected as
 * {@link EventPublisher} or {@link EventOutbox}, not as its class. The replacements
 * refuse exactly what the real ones refuse, and {@code hopper.require-session} applies. A
 * test needs no token, base URL, network, table or broker.
 * <p>
 * A stored event counts as published right after the commit of its transaction, whatever
 * {@code hopper.outbox.type} says, and never after a rollback. Beans of type
 * {@link com.hopper.hts.events.outbox.EventDeliveryListener} are told that the event was
 * stored and delivered before the call returns that stored or committed it. No event is
 * ever retried, dead or discarded.
 * <p>
 * To test what happens when Hopper is slow, down or refuses events, use
 * {@link FakeHopperApi}. A test with both fails, because the fake would receive nothing.
 *
 * @since 0.1.0
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ImportAutoConfiguration
@ExtendWith(PublishedHopperEventsParameterResolver.class)
public @interface AutoConfigureHopperEvents {

}
